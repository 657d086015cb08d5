import { setImmediate } from 'node:timers/promises';
import { SpanStatusCode } from '@opentelemetry/api';
import { expect, it } from 'vitest';
import { recordTestSpans } from '../../../../test/support/spans.js';
import { activeTrace, activeTraceparent, annotateSpan, beginWork, traceWork, withSpan } from './active-span.js';
import { parseTraceparent } from './traceparent.js';

const parent = parseTraceparent('00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01')!;
const unsampled = { ...parent, traceFlags: 0 };
const child = () => ({ name: 'child' });

it('no span is recorded while tracing is off', async () => {
  expect(beginWork({ name: 'request', parent })).toBeUndefined();
  await traceWork({ name: 'request', sampled: true }, async () => {
    await withSpan(child, async (span) => expect(span).toBeUndefined());
    expect(activeTrace()).toBeUndefined();
  });
});

it('activeTrace returns the trace and the innermost span while a recorded request runs, else undefined', async () => {
  const { ended: spans } = recordTestSpans();
  expect(activeTrace()).toBeUndefined();
  let inner: unknown;
  let late: Promise<unknown> | undefined;
  await traceWork({ name: 'request' }, async () => {
    await setImmediate();
    await withSpan(child, async () => {
      await setImmediate();
      inner = activeTrace();
      expect(activeTraceparent()).toBe(`00-${activeTrace()!.traceId}-${activeTrace()!.spanId}-01`);
    });
    late = setImmediate().then(() => setImmediate().then(activeTrace));
  });
  const [first, second] = spans();
  expect([first?.name, second?.name]).toEqual(['child', 'request']);
  expect(inner).toMatchObject(first!.spanContext());
  expect(first!.parentSpanContext?.spanId).toBe(second!.spanContext().spanId);
  expect(await late).toBeUndefined();
  expect(activeTrace()).toBeUndefined();
});

it('work that a request does after the end of its span is not recorded, even while other requests are', async () => {
  const { ended } = recordTestSpans();
  let late: Promise<unknown> | undefined;
  await traceWork({ name: 'other' }, async () => {
    await traceWork({ name: 'request' }, async () => {
      late = setImmediate().then(() => withSpan(child, async () => activeTrace()));
    });
    expect(await late).toBeUndefined();
  });
  expect(ended().map(({ name }) => name)).toEqual(['request', 'other']);
});

it('concurrent requests have separate traces, and unsampled ones have none', async () => {
  recordTestSpans();
  const request = async (index: number) => {
    const isRecorded = index % 3 === 0;
    await traceWork({ name: 'request', parent: isRecorded ? undefined : unsampled }, async () => {
      const trace = activeTrace()?.traceId;
      expect(trace !== undefined).toBe(isRecorded);
      for (let i = 0; i < index % 7; i++) {
        await setImmediate();
        await withSpan(child, async () => {
          await setImmediate();
          expect(activeTrace()?.traceId).toBe(trace);
        });
      }
    });
  };
  await Promise.all(Array.from({ length: 60 }, (_, index) => request(index)));
  // After these requests have ended, the AsyncLocalStorage is disabled. The next requests must enable it again.
  await Promise.all(Array.from({ length: 60 }, (_, index) => request(index)));
});

it('work with a parent is recorded if and only if the parent is sampled, whatever the ratio is', async () => {
  const { ended: spans } = recordTestSpans(0);
  await traceWork({ name: 'unsampled', parent: unsampled }, async () => expect(activeTrace()).toBeUndefined());
  await traceWork({ name: 'sampled', parent }, async () => expect(activeTrace()?.traceId).toBe(parent.traceId));
  await traceWork({ name: 'root' }, async () => expect(activeTrace()).toBeUndefined());
  await traceWork({ name: 'delivery', sampled: true, links: [parent] }, async () => undefined);
  expect(spans().map(({ name }) => name)).toEqual(['sampled', 'delivery']);
  expect(spans()[0]?.parentSpanContext).toMatchObject(parent);
  expect(spans()[1]?.parentSpanContext).toBeUndefined();
  expect(spans()[1]?.links).toMatchObject([{ context: parent }]);
});

it('the span of failed work has the code or class of the error, and not its message', async () => {
  const { ended: spans } = recordTestSpans();
  const fail = () =>
    withSpan(child, async () => {
      throw Object.assign(new RangeError('the user anna does not exist'), { code: '23505' });
    });
  await expect(traceWork({ name: 'request' }, async () => fail())).rejects.toThrow(RangeError);
  await expect(
    traceWork({ name: 'request' }, async () => {
      throw new RangeError('the user anna does not exist');
    }),
  ).rejects.toThrow(RangeError);
  expect(spans().map(({ attributes, status }) => [attributes['error.type'], status.code])).toEqual([
    ['23505', SpanStatusCode.ERROR],
    ['23505', SpanStatusCode.ERROR],
    ['RangeError', SpanStatusCode.ERROR],
  ]);
  expect(spans().flatMap(({ events }) => events)).toEqual([]);
});

it.each([undefined, null])('traceWork rejects with %s if its task rejects with it', async (reason) => {
  recordTestSpans();
  const fail = () => withSpan(child, () => Promise.reject(reason));
  await expect(traceWork({ name: 'request' }, fail)).rejects.toBe(reason);
});

it('annotateSpan adds attributes to the active span, and does not compute them without an active span', async () => {
  const { ended: spans } = recordTestSpans();
  let computed = 0;
  const attributes = () => ({ count: ++computed });
  annotateSpan(attributes);
  await traceWork({ name: 'request' }, async () => annotateSpan(attributes));
  expect(spans()[0]?.attributes).toEqual({ count: 1 });
});
