// Better Auth on Postgres with e-mail and password, served by Node's HTTP server.
import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import { betterAuth } from 'better-auth';
import { getMigrations } from 'better-auth/db/migration';
import { toNodeHandler } from 'better-auth/node';
import pg from 'pg';
import { hashPassword, verifyPassword } from './hash.mjs';

const { DATABASE_URL, PORT, USERS, PASSWORD } = process.env;

const options = {
  baseURL: `http://127.0.0.1:${PORT}`,
  secret: randomBytes(32).toString('hex'),
  database: new pg.Pool({ connectionString: DATABASE_URL, max: 10 }),
  emailAndPassword: {
    enabled: true,
    autoSignIn: false,
    password: {
      hash: hashPassword,
      verify: ({ hash, password }) => verifyPassword(hash, password),
    },
  },
  rateLimit: { enabled: false },
  telemetry: { enabled: false },
  logger: { level: 'error' },
};

const { runMigrations } = await getMigrations(options);
await runMigrations();
const auth = betterAuth(options);
for (let i = 0; i < Number(USERS); i++) {
  const name = `user-${i}`;
  await auth.api.signUpEmail({ body: { name, email: `${name}@example.org`, password: PASSWORD } });
}
createServer(toNodeHandler(auth)).listen(Number(PORT), '127.0.0.1', () => process.stdout.write('serving\n'));
