import { expect, it } from 'vitest';
import { LogRecorder } from '../../../../test/support/log-recorder.js';
import { SpanLosses } from './span-losses.js';

it('a collector that alternately accepts and rejects spans causes one line of each kind per minute', () => {
  const log = new LogRecorder();
  let nowMs = 0;
  const losses = new SpanLosses(log.logger, () => nowMs);
  const batch = () => {
    losses.report({ spans: 2, reason: 'rejected', detail: 'too old' });
    losses.report({ spans: 1, reason: 'queue_full', detail: 'full' });
    losses.endReport();
  };
  for (nowMs = 0; nowMs < 60_000; nowMs += 5000) batch();
  expect(log.lines).toMatchObject([
    { event: 'spans_not_accepted', reason: 'rejected: too old' },
    { event: 'spans_accepted', lost_spans: 3 },
  ]);
  batch();
  expect(log.lines.slice(2)).toMatchObject([
    { event: 'spans_not_accepted' },
    // The lost spans of eleven batches since the previous line, and of this batch.
    { event: 'spans_accepted', lost_spans: 36 },
  ]);
});
