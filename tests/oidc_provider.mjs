// An OpenID Connect provider for tests: accounts by any name, with its development pages to sign in and to consent.
import Provider from 'oidc-provider';

const [port, redirect, secret] = process.argv.slice(2);
const issuer = `http://127.0.0.1:${port}`;
const groups = new Map(); // the groups of an account, as the last request to /test-groups said
const provider = new Provider(issuer, {
  clients: [
    {
      client_id: 'handloom',
      client_secret: secret,
      redirect_uris: [redirect],
      post_logout_redirect_uris: [redirect.replace('sign-in/oidc/callback', '')],
      grant_types: ['authorization_code'],
    },
  ],
  claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name', 'preferred_username', 'groups'] },
  cookies: { keys: ['only for tests'] },
  features: { devInteractions: { enabled: true } },
  pkce: { required: () => true },
  async findAccount(_, id) {
    const claims = () => ({
      sub: id,
      email: `${id}@example.com`,
      email_verified: true,
      name: `${id} Example`,
      preferred_username: id,
      groups: groups.get(id),
    });
    return { accountId: id, claims };
  },
});
provider.use(async (ctx, next) => {
  if (ctx.path !== '/test-groups') return next();
  groups.set(ctx.query.account, JSON.parse(ctx.query.groups));
  ctx.body = 'OK';
});
provider.listen(Number(port), '127.0.0.1');
