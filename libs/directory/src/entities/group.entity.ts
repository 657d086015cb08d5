import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';
import type { GroupFields } from '../directory-store.js';

/** A row of `directory.groups`. */
@Entity({ schema: 'directory', name: 'groups' })
export class GroupEntity {
  @PrimaryGeneratedColumn('uuid') id: string;
  @Column({ type: 'text' }) name: string;
  @Column({ type: 'boolean' }) is_superuser: boolean;
  @Column({ type: 'uuid' }) parent_id: string | null;
  @Column({ type: 'uuid', array: true }) other_parents: string[];
  @Column({ type: 'jsonb' }) attributes: GroupFields['attributes'];
  @Column({ type: 'timestamptz' }) created_at: Date;
}
