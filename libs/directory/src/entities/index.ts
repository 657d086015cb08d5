import { GroupEntity } from './group.entity.js';
import { MembershipEntity } from './membership.entity.js';
import { TokenEntity } from './token.entity.js';
import { UserEntity } from './user.entity.js';

/** What a data source must list for `TypeormRegister` to work in its transactions. */
export const directoryEntities = [UserEntity, GroupEntity, MembershipEntity, TokenEntity];
