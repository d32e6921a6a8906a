// An OpenID Connect provider for tests: accounts by any name, with its development pages to sign in and to consent.
import Provider from 'oidc-provider';

const [port, redirect, secret] = process.argv.slice(2);
const issuer = `http://127.0.0.1:${port}`;
const provider = new Provider(issuer, {
  clients: [
    { client_id: 'handloom', client_secret: secret, redirect_uris: [redirect], grant_types: ['authorization_code'] },
  ],
  claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name', 'preferred_username', 'groups'] },
  cookies: { keys: ['only for tests'] },
  features: { devInteractions: { enabled: true } },
  pkce: { required: () => true },
  async findAccount(_, id) {
    const [name, ...groups] = id.split('+');
    const claims = () => ({
      sub: `id of ${name}`,
      email: `${name}@example.com`,
      email_verified: true,
      name: `${name} Example`,
      preferred_username: name,
      groups,
    });
    return { accountId: id, claims };
  },
});
provider.listen(Number(port), '127.0.0.1');
