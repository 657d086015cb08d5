import pg from 'pg';
import { PATIENT_CONNECT_MS } from './typeorm-data-source.js';

/**
 * Returns a client for a single connection, which is not open yet. If the server ends the connection, the next
 * statement fails. Without a listener, pg would end the process.
 */
export function postgresClient(url: string): pg.Client {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: PATIENT_CONNECT_MS });
  client.on('error', () => undefined);
  return client;
}
