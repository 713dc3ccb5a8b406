// An application and a service that get their tokens with openid-client, which is not changed.
//     node openid_client.mjs FOLDER_WITH_NODE_MODULES SCENARIO
// It reads one line of JSON with the accounts, asks with {"open": URL} for a user at a browser, reads
// where that led, and ends with one line of JSON that says what it got.
import { createInterface } from 'node:readline/promises';
import { createRequire } from 'node:module';

const [folder, scenario] = process.argv.slice(2);
const oidc = createRequire(`${folder}/`)('openid-client');
const input = createInterface({ input: process.stdin })[Symbol.asyncIterator]();

async function read() {
  return JSON.parse((await input.next()).value);
}

function say(message) {
  console.log(JSON.stringify(message));
}

async function open(url) {
  say({ open: String(url) });
  return new URL(await read());
}

const given = await read();

function configure(account, authentication) {
  return oidc.discovery(new URL(given.issuer), account.client_id, {}, authentication, {
    execute: [oidc.allowInsecureRequests],
  });
}

async function status(config, token, path = '/v1/orders') {
  const answer = await oidc.fetchProtectedResource(
    config, token, new URL(given.issuer + path), 'GET');
  return answer.status;
}

async function authorize(config, redirect_uri) {
  const pkceCodeVerifier = oidc.randomPKCECodeVerifier();
  const [expectedState, expectedNonce] = [oidc.randomState(), oidc.randomNonce()];
  const back = await open(oidc.buildAuthorizationUrl(config, {
    redirect_uri,
    scope: given.scope,
    code_challenge: await oidc.calculatePKCECodeChallenge(pkceCodeVerifier),
    code_challenge_method: 'S256',
    state: expectedState,
    nonce: expectedNonce,
  }));
  return oidc.authorizationCodeGrant(config, back, {
    pkceCodeVerifier, expectedState, expectedNonce, idTokenExpected: true,
  });
}

async function errorOf(promise) {
  try {
    await promise;
  } catch (error) {
    return error.error ?? String(error);
  }
  return null;
}

function application() {
  const account = given.application;
  return configure(account, oidc.ClientSecretPost(account.client_secret));
}

const scenarios = {
  async code() {
    const config = await application();
    const tokens = await authorize(config, given.redirect_uri);
    const { sub, iss } = tokens.claims();
    const user = await oidc.fetchUserInfo(config, tokens.access_token, sub);
    return { iss, same: user.sub === sub, status: await status(config, tokens.access_token) };
  },

  async code_of_a_public_client() {
    const config = await configure({ client_id: 'swagger-ui' }, oidc.None());
    const tokens = await authorize(config, `${given.issuer}/docs/oauth2-redirect`);
    return { iss: tokens.claims().iss, status: await status(config, tokens.access_token) };
  },

  async refresh() {
    const config = await application();
    const first = (await authorize(config, given.redirect_uri)).refresh_token;
    const second = await oidc.refreshTokenGrant(config, first);
    const third = await oidc.refreshTokenGrant(config, second.refresh_token);
    return {
      different: new Set([first, second.refresh_token, third.refresh_token]).size,
      status: await status(config, third.access_token),
      replayed: await errorOf(oidc.refreshTokenGrant(config, first)),
      ended: await errorOf(oidc.refreshTokenGrant(config, third.refresh_token)),
    };
  },

  async client_credentials() {
    const account = given.service;
    const config = await configure(account, oidc.ClientSecretBasic(account.client_secret));
    const tokens = await oidc.clientCredentialsGrant(config);
    return { scope: tokens.scope, status: await status(config, tokens.access_token) };
  },

  async device_code() {
    const config = await application();
    const asked = await oidc.initiateDeviceAuthorization(config, { scope: 'orders:read' });
    await open(asked.verification_uri_complete);
    const tokens = await oidc.pollDeviceAuthorizationGrant(config, asked, undefined, {
      signal: AbortSignal.timeout(60_000),
    });
    return { scope: tokens.scope, status: await status(config, tokens.access_token) };
  },

  async revocation() {
    const config = await application();
    const { access_token, refresh_token } = await authorize(config, given.redirect_uri);
    const before = await oidc.tokenIntrospection(config, access_token);
    await oidc.tokenRevocation(config, refresh_token);
    const after = await oidc.tokenIntrospection(config, refresh_token);
    return { before: before.active, after: after.active };
  },
};

say(await scenarios[scenario]());
process.exit(0);
