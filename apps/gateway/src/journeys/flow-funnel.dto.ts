import { type Funnel, journeyPeriod } from '@gatehouse/executor-postgres';
import { z } from 'zod';

const number = z
  .string()
  .regex(/^[1-9]\d{0,8}$/, 'Must be the number of a version.')
  .transform(Number)
  .optional();
const funnelQuery = z.object({ since: journeyPeriod, version: number });

/** Parses the query of a funnel. Ignores unknown parameters. */
export const parseFunnelQuery = (query: unknown) => funnelQuery.safeParse(query);

/** The query of a funnel in the published schema. */
export const funnelParameters = {
  since: z
    .string()
    .optional()
    .meta({ description: 'Period back from now, in hours or days, such as 12h or 7d. The default is 7d.' }),
  version: z.int().optional().meta({ description: 'Count the visitors of this version only.' }),
};

const count = z.int();
const step = z
  .object({
    /**
     * Id of the binding. The id of a step that a stage has inserted is the id of the binding before it, a `~` and a
     * suffix.
     */
    step: z.string(),
    /** Name of the stage. */
    name: z.string().nullable(),
    kind: z.string().nullable(),
    stage: z.string().nullable(),
    ...{ reached: count, passed: count, rejected: count, denied: count, abandoned: count },
    /** Median time in milliseconds of the visitors who passed the step. */
    median_ms: z.number().nullable(),
  })
  .meta({ id: 'FlowFunnelStep', description: 'How many visitors reached a step, and how they left it.' });
const version = z
  .object({
    version_id: z.uuid(),
    version: z.int().nullable(),
    begun: count,
    /** Number of ended plans of which no record was stored. They are missing in the steps. */
    counted: count,
    ...{ done: count, logged_in: count, denied: count, abandoned: count, expired: count },
    steps: z.array(step),
  })
  .meta({ id: 'FlowFunnelVersion', description: 'How the visitors of one flow version ended.' });

/** The funnel of a flow: how many visitors reached each step, and how they left it. */
export const flowFunnel = z
  .object({ slug: z.string(), since: z.iso.datetime(), versions: z.array(version) })
  .meta({ id: 'FlowFunnel', description: 'How the visitors of a flow ended, the newest version first.' });
export type FlowFunnel = z.output<typeof flowFunnel>;

/** Returns a funnel in the form of the API. */
export const toFlowFunnel = (slug: string, { since, versions }: Funnel): FlowFunnel => ({
  slug,
  since: since.toISOString(),
  versions: versions.map(({ versionId, loggedIn, steps, ...rest }) => ({
    ...rest,
    version_id: versionId,
    logged_in: loggedIn,
    steps: steps.map(({ medianMs, ...counts }) => ({ ...counts, median_ms: medianMs })),
  })),
});
