import { CreateEnrollment1764201660000 } from './1764201660000-create-enrollment.js';

/** The Postgres schema of invitations, and of what the stages that write users have done. */
export const ENROLLMENT_SCHEMA = 'enrollment';

/** Its migrations, in order; listed by hand, never edited once released. */
export const enrollmentMigrations = [CreateEnrollment1764201660000];
