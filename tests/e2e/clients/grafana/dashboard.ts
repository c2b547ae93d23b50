// What a dashboard of packaging/grafana may be: the types of the Grafana that packaging/ runs, and nothing that it would ignore. Where
// those leave open what an option of a panel, a column or an override holds, it is what the kind of the panel has; only Prometheus is
// asked.
import type { Dashboard, FieldConfig, Panel, RowPanel } from '@grafana/schema';
import type { Options as BarGaugeOptions } from '@grafana/schema/dist/esm/raw/composable/bargauge/panelcfg/x/BarGaugePanelCfg_types.gen.js';
import type { Options as StatOptions } from '@grafana/schema/dist/esm/raw/composable/stat/panelcfg/x/StatPanelCfg_types.gen.js';
import type { FieldConfig as TableField, Options as TableOptions } from '@grafana/schema/dist/esm/raw/composable/table/panelcfg/x/TablePanelCfg_types.gen.js';
import type { FieldConfig as SeriesField, Options as SeriesOptions } from '@grafana/schema/dist/esm/raw/composable/timeseries/panelcfg/x/TimeSeriesPanelCfg_types.gen.js';

// As JSON has it: the value of an enumeration, not its member.
type Json<T> =
  T extends string ? `${T}`
  : T extends number ? (`${T}` extends `${infer N extends number}` ? N : never)
  : T extends (infer U)[] ? Json<U>[]
  : T extends object ? { [K in keyof T]: Json<T[K]> }
  : T;

type Datasource = { type: 'prometheus'; uid: string };
type Query = {
  refId: string; datasource: Datasource; editorMode: 'code'; expr: string; legendFormat: string; instant: boolean; range: boolean;
  format?: 'table' | 'time_series' | 'heatmap';
};
type Basic = Required<Pick<FieldConfig, 'unit' | 'decimals' | 'color' | 'thresholds' | 'min' | 'max'>>;
type Property<C> =
  | { [K in keyof Basic]: { id: K; value: Basic[K] } }[keyof Basic]
  | { [K in keyof C & string]-?: { id: `custom.${K}`; value: Required<C>[K] } }[keyof C & string];
type Override<C> = { matcher: { id: 'byName' | 'byRegexp'; options: string }; properties: Property<C>[] };
type Transformation =
  | { id: 'merge'; options: Record<string, never> }
  | { id: 'organize'; options: {
      excludeByName: Record<string, boolean>; indexByName: Record<string, number>; renameByName: Record<string, string> } };

type Kind<Type extends string, Options, Custom> =
  Omit<Panel, 'type' | 'options' | 'fieldConfig' | 'targets' | 'datasource' | 'transformations'> & {
    type: Type; datasource: Datasource; options: Options; targets: Query[]; transformations?: Transformation[];
    fieldConfig: { defaults: Omit<FieldConfig, 'custom'> & Custom; overrides: Override<Custom extends { custom: infer C } ? C : object>[] };
  };
type AnyPanel =
  | Kind<'timeseries', SeriesOptions, { custom: SeriesField }>
  | Kind<'table', TableOptions, { custom: TableField }>
  | Kind<'stat', StatOptions, object>
  | Kind<'bargauge', BarGaugeOptions, object>
  | RowPanel;

export type Checked = Json<Omit<Dashboard, 'panels'> & { panels: AnyPanel[] }>;
