import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';
import type { TokenFields } from '../directory-store.js';

/** A row of `directory.tokens`. */
@Entity({ schema: 'directory', name: 'tokens' })
export class TokenEntity {
  @PrimaryGeneratedColumn('uuid') id: string;
  @Column({ type: 'varchar' }) identifier: string;
  @Column({ type: 'bytea' }) key_hash: Buffer;
  @Column({ type: 'text' }) intent: TokenFields['intent'];
  @Column({ type: 'uuid' }) user_id: string;
  @Column({ type: 'timestamptz' }) expires: Date | null;
  @Column({ type: 'boolean' }) expiring: boolean;
  @Column({ type: 'text' }) description: string;
  @Column({ type: 'text' }) scope: TokenFields['scope'];
  @Column({ type: 'timestamptz' }) created_at: Date;
}
