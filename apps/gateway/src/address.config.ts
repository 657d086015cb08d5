import { z } from 'zod';

/** Settings of the address of the gateway. */
export const addressConfig = z.object({
  HOST: z.string().default('127.0.0.1').describe('Address to listen on'),
  PORT: z.coerce.number().int().min(0).max(65_535).default(9000).describe('Port to listen on; 0 takes a free one'),
});
