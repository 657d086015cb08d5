import { CreateDirectory1764028800000 } from './1764028800000-create-directory.js';
import { AllGroups1764028920000 } from './1764028920000-all-groups.js';
import { UserAttributes1764115260000 } from './1764115260000-user-attributes.js';

/** The Postgres schema of users, groups and tokens. */
export const DIRECTORY_SCHEMA = 'directory';

/** The directory's migrations, in order; listed by hand, never edited once released. */
export const directoryMigrations = [CreateDirectory1764028800000, AllGroups1764028920000, UserAttributes1764115260000];
