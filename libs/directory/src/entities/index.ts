import { GroupEntity } from './group.entity.js';
import { MembershipEntity } from './membership.entity.js';
import { TokenEntity } from './token.entity.js';
import { UserEntity } from './user.entity.js';

/** Entities that a data source must list for `TypeormDirectoryStore`. */
export const directoryEntities = [UserEntity, GroupEntity, MembershipEntity, TokenEntity];
