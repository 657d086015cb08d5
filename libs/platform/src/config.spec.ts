import { describe, expect, it } from 'vitest';
import { ConfigError, commonConfig, natsConfig, postgresConfig, readConfig } from './config.js';

describe('reading settings', () => {
  it('has defaults for what is unset or empty', () => {
    expect(readConfig(natsConfig.extend(commonConfig.shape), { NATS_URL: '', LOG_LEVEL: undefined })).toEqual({
      NATS_URL: 'nats://127.0.0.1:4222',
      LOG_LEVEL: 'info',
    });
  });
  it('reads numbers, and ignores what it was not asked for', () => {
    const env = { DATABASE_URL: 'postgresql://u:p@db:5432/x', DATABASE_POOL: '25', HOME: '/root' };
    expect(readConfig(postgresConfig, env)).toEqual({ DATABASE_URL: 'postgresql://u:p@db:5432/x', DATABASE_POOL: 25 });
  });
  it('names every variable that is wrong, in one go', () => {
    const read = () =>
      readConfig(postgresConfig.extend(commonConfig.shape), { DATABASE_POOL: 'many', LOG_LEVEL: 'loud' });
    expect(read).toThrow(ConfigError);
    expect(read).toThrow(/DATABASE_URL: .*\n.*DATABASE_POOL: .*\n.*LOG_LEVEL: /);
  });
  it('does not take the URL of something else for that of a database', () => {
    expect(() => readConfig(postgresConfig, { DATABASE_URL: 'mysql://db/x' })).toThrow('DATABASE_URL');
  });
  it('does not repeat a value that is wrong: it may hold a password', () => {
    const read = () => readConfig(postgresConfig, { DATABASE_URL: 'mysql://u:hunter2@db/x' });
    expect(read).toThrow(expect.not.objectContaining({ message: expect.stringContaining('hunter2') }));
  });
});
