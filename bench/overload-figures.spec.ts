import { expect, it } from 'vitest';
import { emptyRecording, histogramOf, recordMs } from '../load/recorder.js';
import { visitFigures } from '../load/result.js';
import { crowdFigures } from './overload-figures.js';

it('crowdFigures counts visits separately that were refused at once, refused late, failed, or finished in time', () => {
  const recording = emptyRecording();
  Object.assign(recording, { begun: 100, finished: 60, failed: 40, finishedInTime: 50 });
  recording.refused.set(503, 30).set(0, 4);
  for (let i = 0; i < 25; i++) recordMs(histogramOf(recording.refusals, 'GET'), 2);
  for (let i = 0; i < 5; i++) recordMs(histogramOf(recording.refusals, 'ak-stage-password'), 80);
  recordMs(recording.visits, 400);
  const { slots, finishedInTime } = recording;
  expect(crowdFigures({ ...visitFigures(recording), finishedInTime, slots }, 5)).toEqual({
    ...{ offered: 20, crowded: 10, failed: 10, refusedLate: 0.05 },
    refusalP50: expect.closeTo(2, 1),
    refusalP99: expect.closeTo(80, 0),
    finishedP99: expect.closeTo(400, 0),
  });
});

it('crowdFigures has no latency of refusals if nothing was refused', () => {
  const recording = emptyRecording();
  recording.begun = 10;
  const figures = crowdFigures({ ...visitFigures(recording), finishedInTime: 0, slots: [] }, 5);
  expect(figures).toMatchObject({ failed: 0, refusedLate: 0 });
  expect(figures.refusalP99).toBeUndefined();
});
