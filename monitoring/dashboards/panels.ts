import type { Builder } from '@grafana/grafana-foundation-sdk/cog';
import {
  BigValueColorMode,
  BigValueGraphMode,
  GraphThresholdsStyleConfigBuilder,
  GraphThresholdsStyleMode,
  LegendDisplayMode,
  LegendPlacement,
  ReduceDataOptionsBuilder,
  SortOrder,
  TooltipDisplayMode,
  VisibilityMode,
  VizLegendOptionsBuilder,
  VizTooltipOptionsBuilder,
} from '@grafana/grafana-foundation-sdk/common';
import {
  FieldColorBuilder,
  FieldColorModeId,
  MappingType,
  type Panel,
  ThresholdsConfigBuilder,
  ThresholdsMode,
  type ValueMap,
} from '@grafana/grafana-foundation-sdk/dashboard';
import { DataqueryBuilder } from '@grafana/grafana-foundation-sdk/prometheus';
import { PanelBuilder as Stat } from '@grafana/grafana-foundation-sdk/stat';
import { PanelBuilder as StateTimeline } from '@grafana/grafana-foundation-sdk/statetimeline';
import { PanelBuilder as TimeSeries } from '@grafana/grafana-foundation-sdk/timeseries';
import { datasource } from './variables.ts';

export interface Row {
  readonly title: string;
  readonly panels: readonly Builder<Panel>[];
}

export interface Query {
  readonly expr: string;
  readonly legend?: string;
  /**
   * How often its series get a sample: Grafana takes no shorter steps, and a rate over four of them. HAProxy
   * and the probe are scraped several times a second (`1s`, if left out), everything else every five.
   */
  readonly every?: '5s';
}

/** A colour from a value on; the first from everywhere. */
type Levels = readonly [string, ...(readonly [number, string])[]];

/** What a value is called, and its colour. */
type Words = Readonly<Record<number, readonly [text: string, colour: string]>>;

export interface Shown {
  readonly title: string;
  /** What it shows, and when to worry. */
  readonly says: string;
  readonly queries: readonly Query[];
  /** Of 24. */
  readonly width: number;
  readonly unit: string;
  readonly levels?: Levels;
  readonly words?: Words;
  /** Instead of a value that is not there. */
  readonly without?: string;
}

/** One or a few figures as they are now. */
export function figures(shown: Shown): Stat {
  const panel = described(new Stat().height(5), shown, (query) => query.instant());
  return panel
    .colorMode(shown.levels || shown.words ? BigValueColorMode.Background : BigValueColorMode.None)
    .graphMode(BigValueGraphMode.None)
    .reduceOptions(new ReduceDataOptionsBuilder().calcs(['lastNotNull']));
}

/** Curves, from zero. */
export function curves(shown: Shown): TimeSeries {
  const panel = described(new TimeSeries().height(8), shown, (query) => query.range());
  panel
    .min(0)
    .fillOpacity(10)
    .showPoints(VisibilityMode.Never)
    .legend(legend())
    .tooltip(new VizTooltipOptionsBuilder().mode(TooltipDisplayMode.Multi).sort(SortOrder.Descending))
    .colorScheme(new FieldColorBuilder().mode(FieldColorModeId.PaletteClassic));
  for (const [site, colour] of Object.entries(siteColours)) panel.overrideByName(site, [fixed(colour)]);
  if (shown.levels)
    panel.thresholdsStyle(new GraphThresholdsStyleConfigBuilder().mode(GraphThresholdsStyleMode.Dashed));
  return panel;
}

/** What was so when: a strip for each query. */
export function strips(shown: Shown & { readonly words: Words }): StateTimeline {
  return described(new StateTimeline().height(6), shown, (query) => query.range())
    .rowHeight(0.8)
    .legend(legend().showLegend(false))
    .tooltip(new VizTooltipOptionsBuilder().mode(TooltipDisplayMode.Single).sort(SortOrder.None));
}

/** As in the picture of the architecture: the primary is green, the standby amber. */
export const siteColours = { primary: 'green', standby: 'orange' } as const;

/** For a strip whose values mean something else than those of its neighbours. */
export const meaning = (words: Words) => ({ id: 'mappings', value: [named(words)] });

type AnyPanel = Stat | TimeSeries | StateTimeline;

function described<T extends AnyPanel>(
  panel: T,
  shown: Shown,
  ask: (query: DataqueryBuilder) => DataqueryBuilder,
): T {
  const { title, says, queries, width, unit, levels = ['text'], words, without } = shown;
  panel.title(title).description(says).datasource(datasource).span(width).unit(unit);
  panel.thresholds(thresholds(levels));
  if (words) panel.mappings([named(words)]);
  if (without) panel.noValue(without);
  for (const [at, { expr, legend: name, every = '1s' }] of queries.entries()) {
    const query = new DataqueryBuilder().refId(String.fromCharCode(65 + at)).datasource(datasource);
    panel.withTarget(
      ask(
        query
          .expr(expr)
          .legendFormat(name ?? title)
          .interval(every),
      ),
    );
  }
  return panel;
}

function thresholds([first, ...others]: Levels): ThresholdsConfigBuilder {
  const steps = others.map(([value, color]) => ({ value, color }));
  return new ThresholdsConfigBuilder()
    .mode(ThresholdsMode.Absolute)
    .steps([{ value: null, color: first }, ...steps]);
}

function named(words: Words): ValueMap {
  const options = Object.entries(words).map(([value, [text, color]], index) => [
    value,
    { text, color, index },
  ]);
  return { type: MappingType.ValueToText, options: Object.fromEntries(options) };
}

const fixed = (fixedColor: string) => ({
  id: 'color',
  value: { mode: FieldColorModeId.Fixed, fixedColor },
});

const legend = () =>
  new VizLegendOptionsBuilder()
    .displayMode(LegendDisplayMode.List)
    .placement(LegendPlacement.Bottom)
    .showLegend(true)
    .calcs([]);
