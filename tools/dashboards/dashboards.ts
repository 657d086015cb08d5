import { capacity } from './capacity.js';
import type { Dashboard } from './dashboard.js';
import { delivery } from './delivery.js';
import { overview } from './overview.js';
import { servers } from './servers.js';
import { stages } from './stages.js';

/** The dashboards of deploy/grafana. */
export const DASHBOARDS: readonly Dashboard[] = [overview, stages, servers, delivery, capacity];
