import { dashboardModel } from '../dashboards/dashboard.js';
import { DASHBOARDS } from '../dashboards/dashboards.js';
import type { Document } from './markdown.js';

/** The dashboards of Grafana, which operators load as they are. */
export const documents: readonly Document[] = DASHBOARDS.map((dashboard) => ({
  path: `deploy/grafana/dashboards/${dashboard.name}.json`,
  text: `${JSON.stringify(dashboardModel(dashboard), undefined, 1)}\n`,
}));
