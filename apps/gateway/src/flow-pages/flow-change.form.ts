import {
  char,
  DEFAULT_WATCH_TIME,
  type FlowChangeRequest,
  MAX_RELEASE_REASON,
  parseGuard,
  parsePercent,
  parseWatchTime,
  WHOLE_SHARE,
} from '@gatehouse/contracts';
import type { FlowChangeData } from '@gatehouse/web';
import { parsePk } from '../http/identifiers.js';
import type { FormFields } from '../http/zod-body.pipe.js';
import type { FlowAction } from './flow-change.loader.js';

type Typed = FlowChangeData['typed'];
type Field = FlowChangeData['wrong'][number];
type Rollout = Pick<FlowChangeRequest<'startRollout'>, 'share' | 'guard'>;
type Expected = NonNullable<FlowChangeRequest<'publish'>['expected']>;

const FIELDS: Readonly<Record<FlowAction, readonly Field[]>> = {
  publish: ['reason'],
  rollout: ['percent', 'margin', 'for', 'reason'],
  rollback: ['reason'],
  preview: ['user'],
};

/**
 * Values that the form proposes for a new rollout: the share of the logins and the allowed drop, both in percent, and
 * the time for which the guard watches.
 */
const PROPOSED = { percent: '10', margin: '2', for: DEFAULT_WATCH_TIME };

/** The value of a form, or the names of its invalid fields. */
export type Parsed<T> = { readonly value: T } | { readonly wrong: readonly Field[] };

const reasonField = char({ maxLength: MAX_RELEASE_REASON, allowBlank: true });

/** Returns the submitted texts of the fields that the form of an action has. */
export function typedFields(action: FlowAction, fields: FormFields): Typed {
  return Object.fromEntries(
    FIELDS[action].flatMap((name) => (typeof fields[name] === 'string' ? [[name, fields[name]]] : [])),
  );
}

/** Returns the values that fill an empty form. `percent` is the share of the running rollout. */
export function proposedFields(action: FlowAction, percent: number | undefined): Typed {
  if (action !== 'rollout') return {};
  // The margin stays empty, which keeps the guard of the running rollout.
  return percent === undefined ? PROPOSED : { percent: String(percent), for: DEFAULT_WATCH_TIME };
}

/** Parses the reason; `undefined` for an empty one. */
export function parseReason({ reason = '' }: Typed): Parsed<string | undefined> {
  const { data } = reasonField.safeParse(reason);
  return data === undefined ? { wrong: ['reason'] } : { value: data || undefined };
}

/** Parses the share, and the guard if the margin is not empty. */
export function parseRollout({ percent = '', ...guardFields }: Typed): Parsed<Rollout> {
  const share = parsePercent(percent.trim());
  const isPartial = share !== undefined && share < WHOLE_SHARE;
  const guard = parseGuardFields(guardFields);
  if (isPartial && 'value' in guard) return { value: { share, guard: guard.value } };
  return { wrong: [...(isPartial ? [] : (['percent'] as const)), ...('wrong' in guard ? guard.wrong : [])] };
}

/** Parses the guard. Its value is `undefined` if the margin is empty. */
function parseGuardFields({ margin = '', for: time = '' }: Typed): Parsed<Rollout['guard']> {
  if (margin.trim() === '') return { value: undefined };
  const [guard, watchS] = [parseGuard(`completion=-${margin.trim()}%`), parseWatchTime(time.trim())];
  if (guard && watchS !== undefined) return { value: { margin: guard.margin, watch_s: watchS } };
  return { wrong: [...(guard ? [] : (['margin'] as const)), ...(watchS === undefined ? (['for'] as const) : [])] };
}

/** Returns the versions that the page of the form has shown; `undefined` if the form does not contain them. */
export function parseExpected({ current, candidate, result }: FormFields): Expected | undefined {
  const number = parsePk(current);
  const rolledOut = candidate === 'none' ? null : parsePk(candidate);
  if (number === undefined || rolledOut === undefined) return undefined;
  return { current: number, candidate: rolledOut, result: parsePk(result) };
}
