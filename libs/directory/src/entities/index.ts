import { GroupRow } from './group.entity.js';
import { MembershipRow } from './membership.entity.js';
import { TokenRow } from './token.entity.js';
import { UserRow } from './user.entity.js';

/** What a data source must list for `TypeormRegister` to work in its transactions. */
export const directoryEntities = [UserRow, GroupRow, MembershipRow, TokenRow];
