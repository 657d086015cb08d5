import { typeFaults } from './type-check.js';

/** A panel of a dashboard. Its `type` decides which options it may have. */
interface TypedPanel {
  readonly type: string;
  readonly title: string;
  readonly options?: unknown;
  readonly fieldConfig?: { readonly defaults: { readonly custom?: unknown } };
}

/** A dashboard to check. */
interface CheckedDashboard {
  readonly uid: string;
  readonly panels: readonly TypedPanel[];
}

const PANELS = '@grafana/schema/dist/esm/raw/composable';
/** TypeScript source with the types of a dashboard. `Json` replaces enumerations by their values, as JSON does. */
const TYPES = [
  `import type { Dashboard } from '@grafana/schema';`,
  `import type { FieldConfig as Graph, Options as GraphOptions } from '${PANELS}/timeseries/panelcfg/x/TimeSeriesPanelCfg_types.gen';`,
  `import type { Options as StatOptions } from '${PANELS}/stat/panelcfg/x/StatPanelCfg_types.gen';`,
  'type Json<T> = T extends string ? (string extends T ? T : `${T}`) : T extends object ? { [K in keyof T]: Json<T[K]> } : T;',
];

/**
 * Checks dashboards, and the options of their graphs and single values, against the types of Grafana's schema. Returns
 * the type errors.
 */
export function dashboardFaults(dashboards: readonly CheckedDashboard[]): string[] {
  const objects = dashboards.flatMap(({ uid, panels, ...rest }) => [
    { name: uid, type: 'Json<Dashboard>', value: { uid, panels, ...rest } },
    ...panels.flatMap(({ type, title, options, fieldConfig }) => {
      const name = `${uid} ${title}`;
      if (type === 'timeseries')
        return [
          { name, type: 'Json<Partial<GraphOptions>>', value: options },
          { name, type: 'Json<Graph>', value: fieldConfig?.defaults.custom },
        ];
      return type === 'stat' ? [{ name, type: 'Json<StatOptions>', value: options }] : [];
    }),
  ]);
  const lines = objects.map(
    ({ type, value }, index) => `export const object${index}: ${type} = ${JSON.stringify(value)};`,
  );
  return typeFaults([...TYPES, ...lines].join('\n')).map(
    ({ line, message }) => `${objects[line - TYPES.length]?.name ?? TYPES[line]}: ${message}`,
  );
}
