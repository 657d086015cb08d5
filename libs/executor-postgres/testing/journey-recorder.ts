import { Sealer } from '@gatehouse/platform';
import type { DataSource } from 'typeorm';
import type { JourneySettings } from '../src/journeys/journey.settings.js';
import { JourneyRecorder, type RecorderSettings } from '../src/journeys/journey-recorder.js';

/** Returns settings that enable journey records (docs/spec/journeys.md) without users and events. */
export const journeysOn = (): JourneySettings => ({ isOn: true, users: false, events: false, isFull: false });

/** Returns a recorder that keeps journey records for 30 days, unless `overrides` says otherwise. */
export const recorderOn = (
  source: DataSource,
  {
    sealer = new Sealer(`k:${Buffer.alloc(32).toString('base64')}`),
    ...overrides
  }: Partial<RecorderSettings> & { sealer?: Sealer } = {},
): JourneyRecorder =>
  new JourneyRecorder(source, sealer, {
    ...{ journeys: journeysOn(), keptS: 30 * 86_400, maxMb: 1000, networksMax: 100, batchRows: 100 },
    ...overrides,
  });
