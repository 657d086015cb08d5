import type { EntitySubscriberInterface } from 'typeorm';
import type { AfterQueryEvent } from 'typeorm/subscriber/event/QueryEvent.js';
import { recordEndedSpan } from './tracing/active-span.js';
import { statementSpan, summaryOf } from './tracing/database-spans.js';

/** Records a span for each statement that TypeORM runs. Spans of named statements are recorded by `runNamed`. */
export const querySpans: EntitySubscriberInterface = {
  afterQuery: ({ query, executionTime = 0, error }: AfterQueryEvent) =>
    recordEndedSpan(() => ({ ...statementSpan(summaryOf(query)), error: error as unknown }), executionTime),
};
