/** Units of Grafana that the panels use. */
type Unit = 's' | 'percentunit' | 'reqps' | 'ops' | 'short' | 'bytes';

/** A query of a panel. `legend` names its series, with a label's value as `{{label}}`. */
interface Query {
  readonly expr: string;
  readonly legend: string;
}

/** A panel of a dashboard. */
export interface Panel {
  readonly title: string;
  /** What the panel shows, if the title does not say it. */
  readonly about?: string;
  readonly unit: Unit;
  readonly queries: readonly Query[];
  /** Default: a graph over time. `value` shows the last value of each series. */
  readonly as?: 'graph' | 'stack' | 'value';
  /** Width in columns, of which a row has 24. Default: 8, and 6 for `value`. */
  readonly width?: number;
  /** The value above which the panel turns red. */
  readonly limit?: number;
  /** The value below which the panel turns red. */
  readonly least?: number;
}

/** A dashboard, as rows of panels. */
export interface Dashboard {
  /** The name of its file, and the end of its uid. */
  readonly name: string;
  readonly title: string;
  readonly about: string;
  /** The variables of the dashboard: a label whose values the user can choose, and a metric that has it. */
  readonly variables?: Readonly<Record<string, string>>;
  readonly rows: Readonly<Record<string, readonly Panel[]>>;
}

const COLUMNS = 24;
const DATASOURCE = { type: 'prometheus', uid: `\${datasource}` };
const HEIGHTS = { graph: 8, stack: 8, value: 4 };

/** Returns a dashboard in the JSON model of Grafana. */
export function dashboardModel({ name, title, about, variables = {}, rows }: Dashboard) {
  const datasource = {
    ...{ name: 'datasource', label: 'Data source', type: 'datasource', query: 'prometheus', hide: 0 },
    current: { text: 'default', value: 'default' },
  };
  return {
    uid: `gatehouse-${name}`,
    title: `Gatehouse / ${title}`,
    description: about,
    tags: ['gatehouse'],
    schemaVersion: 41,
    version: 1,
    editable: false,
    graphTooltip: 1,
    refresh: '30s',
    time: { from: 'now-3h', to: 'now' },
    timezone: 'browser',
    links: [
      {
        ...{ title: 'Dashboards', type: 'dashboards', tags: ['gatehouse'], asDropdown: true, icon: 'external link' },
        ...{ includeVars: false, keepTime: true, targetBlank: false, tooltip: '', url: '' },
      },
    ],
    templating: {
      list: [datasource, ...Object.entries(variables).map(([label, metric]) => variableModel(label, metric))],
    },
    panels: panelModels(rows),
  };
}

/** A variable with the values of a label. Its value `All` is a pattern that matches every series. */
const variableModel = (label: string, metric: string) => ({
  ...{ name: label, label, type: 'query', datasource: DATASOURCE },
  query: { qryType: 1, query: `label_values(${metric}, ${label})`, refId: 'values' },
  ...{ refresh: 2, sort: 1, multi: true, includeAll: true, allValue: '.*', hide: 0 },
  current: { text: ['All'], value: ['$__all'] },
});

/** Lays the panels out, row by row, and gives them ids. */
function panelModels(rows: Dashboard['rows']) {
  const models: object[] = [];
  let y = 0;
  for (const [title, panels] of Object.entries(rows)) {
    models.push({
      ...{ id: models.length + 1, type: 'row', title, collapsed: false, panels: [] },
      gridPos: { x: 0, y, w: COLUMNS, h: 1 },
    });
    y += 1;
    let x = 0;
    let height = 0;
    for (const panel of panels) {
      const { as = 'graph', width = as === 'value' ? 6 : 8 } = panel;
      if (x + width > COLUMNS) [x, y, height] = [0, y + height, 0];
      models.push(panelModel(panel, models.length + 1, { x, y, w: width, h: HEIGHTS[as] }));
      x += width;
      height = Math.max(height, HEIGHTS[as]);
    }
    y += height;
  }
  return models;
}

/** Colours of a panel: green, and red on one side of its limit. */
const stepsOf = ({ limit, least }: Panel) => [
  { color: least === undefined ? 'green' : 'red', value: null },
  ...(limit === undefined ? [] : [{ color: 'red', value: limit }]),
  ...(least === undefined ? [] : [{ color: 'green', value: least }]),
];

const panelModel = (panel: Panel, id: number, gridPos: object) => ({
  ...{ id, title: panel.title, gridPos, datasource: DATASOURCE },
  ...(panel.about && { description: panel.about }),
  fieldConfig: {
    defaults: {
      ...{ unit: panel.unit, min: 0 },
      thresholds: { mode: 'absolute', steps: stepsOf(panel) },
      ...(panel.as !== 'value' && { custom: graphStyle(panel) }),
    },
    overrides: [],
  },
  targets: panel.queries.map(({ expr, legend }, index) => ({
    ...{ refId: String.fromCharCode(65 + index), datasource: DATASOURCE, editorMode: 'code' },
    ...{ expr, legendFormat: legend, range: panel.as !== 'value', instant: panel.as === 'value' },
  })),
  ...(panel.as === 'value' ? VALUE : GRAPH),
});

const graphStyle = ({ as, limit }: Panel) => ({
  ...{ drawStyle: 'line', lineWidth: 1, fillOpacity: as === 'stack' ? 30 : 5, showPoints: 'never', spanNulls: false },
  stacking: { mode: as === 'stack' ? 'normal' : 'none', group: 'A' },
  thresholdsStyle: { mode: limit === undefined ? 'off' : 'dashed' },
});

const GRAPH = {
  type: 'timeseries',
  options: {
    legend: { displayMode: 'list', placement: 'bottom', showLegend: true, calcs: [] },
    tooltip: { mode: 'multi', sort: 'desc' },
  },
};

const VALUE = {
  type: 'stat',
  options: {
    ...{ colorMode: 'value', graphMode: 'none', justifyMode: 'auto', orientation: 'auto', textMode: 'auto' },
    ...{ wideLayout: true, showPercentChange: false, percentChangeColorMode: 'standard' },
    reduceOptions: { calcs: ['lastNotNull'], fields: '', values: false },
  },
};
