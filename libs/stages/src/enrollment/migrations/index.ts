import { CreateEnrollment1764201660000 } from './1764201660000-create-enrollment.js';

/** The Postgres schema of the stages that write users. */
export const ENROLLMENT_SCHEMA = 'enrollment';

/** Migrations of the schema, in order. Never edit a released migration. */
export const enrollmentMigrations = [CreateEnrollment1764201660000];
