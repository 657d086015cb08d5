import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';
import type { UserFields } from '../directory-store.js';

/** A row of `directory.users`. Property names are the column names. */
@Entity({ schema: 'directory', name: 'users' })
export class UserEntity {
  @PrimaryGeneratedColumn('uuid') id: string;
  @Column({ type: 'int', generated: 'identity', insert: false, update: false }) pk: number;
  @Column({ type: 'varchar' }) username: string;
  @Column({ type: 'text' }) username_key: string;
  @Column({ type: 'text' }) name: string;
  @Column({ type: 'varchar' }) email: string;
  @Column({ type: 'varchar' }) verified_email: string;
  @Column({ type: 'boolean' }) is_active: boolean;
  @Column({ type: 'text' }) password_hash: string;
  @Column({ type: 'text' }) type: UserFields['type'];
  @Column({ type: 'text' }) path: string;
  @Column({ type: 'jsonb' }) attributes: UserFields['attributes'];
  @Column({ type: 'int' }) epoch: number;
  @Column({ type: 'timestamptz' }) last_login: Date | null;
  @Column({ type: 'timestamptz' }) date_joined: Date;
  @Column({ type: 'timestamptz' }) password_changed_at: Date;
}
