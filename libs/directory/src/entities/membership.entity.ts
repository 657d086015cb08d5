import { Entity, PrimaryColumn } from 'typeorm';

/** A row of `directory.user_groups`, the membership of a user in a group. */
@Entity({ schema: 'directory', name: 'user_groups' })
export class MembershipEntity {
  @PrimaryColumn({ type: 'uuid' }) user_id: string;
  @PrimaryColumn({ type: 'uuid' }) group_id: string;
}
