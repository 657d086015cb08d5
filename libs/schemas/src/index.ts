/**
 * The Postgres schemas, and the time of the newest migration of each that this version needs. A process waits for them
 * when it starts. A spec compares them with the migrations, which a service does not load.
 */
export const SCHEMA_VERSIONS = {
  directory: 1_765_497_600_300,
  flow: 1_765_411_440_000,
  captcha: 1_764_201_720_000,
  consent: 1_765_411_380_000,
  enrollment: 1_764_201_660_000,
  identification: 1_764_547_380_000,
  mfa: 1_764_806_400_000,
};
