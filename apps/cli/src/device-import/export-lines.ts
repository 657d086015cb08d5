import type { DeviceClass } from '@gatehouse/contracts';
import { z } from 'zod';
import { parseJson, reasonsOf, record, storableLine, time } from '../user-import/export-lines.js';
import { type ExportedAccount, exportedAccount, exportedPk, userReference } from '../user-import/exported-accounts.js';

/** A timestamp. A timestamp before 1970 means that the time is unknown. */
const exportTime = time
  .transform((text) => new Date(text))
  .transform((date) => (date.getTime() > 0 ? date : undefined))
  .nullish()
  .transform((date) => date ?? undefined);

const device = z.looseObject({
  user: userReference,
  name: z.string().default(''),
  confirmed: z.boolean().default(true),
  stage: z.string().max(100).nullish(),
  created: exportTime,
  last_used: exportTime,
});
const token = z.object({ device: exportedPk, token: z.string().min(1).max(100) });
const stage = z.object({ name: z.string() });

/** A device of an export. */
export interface DeviceRow extends Readonly<z.output<typeof device>> {
  readonly kind: DeviceClass;
  readonly pk: string;
}

/** A parsed line of an export: a user, a stage, a device or a code. All other models are skipped. */
export type DeviceExportLine =
  | { readonly type: 'device'; readonly row: DeviceRow }
  | { readonly type: 'code'; readonly device: string; readonly code: string }
  | { readonly type: 'user'; readonly pk: string; readonly account: ExportedAccount }
  | { readonly type: 'stage'; readonly id: string; readonly name: string }
  | { readonly type: 'other' }
  | { readonly type: 'wrong'; readonly reason: string };

type Reader = (pk: string, fields: unknown) => DeviceExportLine;

const deviceReader =
  (kind: DeviceClass): Reader =>
  (pk, fields) => ({ type: 'device', row: { ...device.parse(fields), kind, pk } });

const app = (kind: DeviceClass) => `authentik_stages_authenticator_${kind}`;
const READERS: ReadonlyMap<string, Reader> = new Map<string, Reader>([
  ...(['duo', 'email', 'sms', 'static', 'totp', 'webauthn'] as const).map((kind): [string, Reader] => [
    `${app(kind)}.${kind}device`,
    deviceReader(kind),
  ]),
  [`${app('static')}.statictoken`, (_, fields) => codeOf(token.parse(fields))],
  ['authentik_core.user', (pk, fields) => ({ type: 'user', pk, account: exportedAccount.parse(fields) })],
  ['authentik_flows.stage', (id, fields) => ({ type: 'stage', id, name: stage.parse(fields).name })],
]);

const codeOf = ({ device, token: code }: z.output<typeof token>): DeviceExportLine => ({
  type: 'code',
  device: String(device),
  code,
});

/** Parses a line of JSON. */
export function readDeviceLine(text: string): DeviceExportLine {
  const json = parseJson(text);
  if (json === undefined) return { type: 'wrong', reason: 'this is not JSON' };
  const row = record.safeParse(json).data;
  const reader = row && READERS.get(row.model.toLowerCase());
  if (!reader) return { type: 'other' };
  if (row.pk === undefined) return { type: 'wrong', reason: 'pk: is missing' };
  try {
    return storableLine(reader(String(row.pk), row.fields));
  } catch (error) {
    if (!(error instanceof z.ZodError)) throw error;
    return { type: 'wrong', reason: reasonsOf(error) };
  }
}
