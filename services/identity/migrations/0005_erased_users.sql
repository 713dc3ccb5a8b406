-- Users who were removed by an earlier release: what erasing deletes now.
delete from passwords where user_id in (select user_id from users where status = 'removed');
delete from totp where user_id in (select user_id from users where status = 'removed');
delete from recovery_codes where user_id in (select user_id from users where status = 'removed');
delete from mail_tokens where user_id in (select user_id from users where status = 'removed');
delete from consents where user_id in (select user_id from users where status = 'removed');
delete from role_members where user_id in (select user_id from users where status = 'removed');
update api_keys set name = '' where user_id in (select user_id from users where status = 'removed');
