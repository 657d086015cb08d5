/**
 * For each Postgres schema, the timestamp of the newest migration that this version of Gatehouse needs. A starting
 * process waits until these have run. A spec compares the timestamps with the migrations, because services do not load
 * migrations.
 */
export const SCHEMA_VERSIONS = {
  directory: 1_766_191_380_000,
  flow: 1_766_796_060_000,
  captcha: 1_764_201_720_000,
  consent: 1_765_411_380_000,
  enrollment: 1_764_201_660_000,
  identification: 1_764_547_380_000,
  mfa: 1_766_188_800_000,
};
