-- The token arrives encrypted. Payments that are being authorized keep what they have.
alter table payments rename column token to sealed_token;
