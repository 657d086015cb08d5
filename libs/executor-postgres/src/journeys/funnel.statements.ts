/** Finds a flow. $1 slug, $2 number of a version or NULL. `hasVersion` is whether the flow still has that version. */
export const FIND_FLOW = `
  SELECT f.id, $2::int IS NULL OR EXISTS
    (SELECT FROM flow.flow_versions v WHERE v.flow_id = f.id AND v.number = $2) AS "hasVersion"
  FROM flow.flows f WHERE f.slug = $1`;

/**
 * Counts the ended plans of a flow by version, the newest version first. $1 flow, $2 earliest time of the end, $3
 * number of a version or NULL, $4 largest number of versions. `counted` is the number of plans without a journey
 * record.
 */
export const COUNT_PLANS = `
  SELECT version_id AS "versionId", max(version) AS version, sum(plans)::float8 AS begun,
    coalesce(sum(plans) FILTER (WHERE is_counted), 0)::float8 AS counted,
    coalesce(sum(plans) FILTER (WHERE logged_in), 0)::float8 AS "loggedIn",
    coalesce(sum(plans) FILTER (WHERE outcome = 'done'), 0)::float8 AS done,
    coalesce(sum(plans) FILTER (WHERE outcome = 'denied'), 0)::float8 AS denied,
    coalesce(sum(plans) FILTER (WHERE outcome = 'abandoned'), 0)::float8 AS abandoned,
    coalesce(sum(plans) FILTER (WHERE outcome = 'expired'), 0)::float8 AS expired
  FROM (
    SELECT version_id, version, outcome, outcome = 'done' AND logged_in AS logged_in, false AS is_counted, count(*) AS plans
    FROM flow.journeys WHERE flow_id = $1 AND ended_at >= $2 AND ($3::int IS NULL OR version = $3) GROUP BY 1, 2, 3, 4
    UNION ALL
    SELECT version_id, version, outcome, false, true, sum(plans)
    FROM flow.journey_counts WHERE flow_id = $1 AND hour >= $2 AND ($3::int IS NULL OR version = $3) GROUP BY 1, 2, 3
  ) ended
  GROUP BY version_id ORDER BY max(version) DESC NULLS LAST, version_id LIMIT $4`;

/**
 * Counts the plans that reached each step of the versions. $1 flow, $2 earliest time of the plan's end, $3 ids of the
 * versions, $4 largest number of steps. The inner query has a row for each plan and step. A step that was skipped, or
 * deferred until a proof, was not reached.
 */
export const COUNT_STEPS = `
  SELECT j.version_id AS "versionId", s.step, max(s.kind) AS kind, max(s.stage) AS stage, max(b.name) AS name,
    count(*)::float8 AS reached,
    count(*) FILTER (WHERE s.passed)::float8 AS passed,
    count(*) FILTER (WHERE s.rejected)::float8 AS rejected,
    count(*) FILTER (WHERE s.denied)::float8 AS denied,
    count(*) FILTER (WHERE s.abandoned)::float8 AS abandoned,
    percentile_cont(0.5) WITHIN GROUP (ORDER BY s.ms) FILTER (WHERE s.passed) AS "medianMs"
  FROM flow.journeys j
  CROSS JOIN LATERAL (
    SELECT e.step, max(e.kind) AS kind, max(e.stage) AS stage, sum(e.ms)::float8 AS ms,
      bool_or(e.outcome = 'passed') AS passed, bool_or(e.outcome = 'rejected') AS rejected,
      bool_or(e.outcome = 'denied') AS denied, bool_or(e.outcome = 'abandoned') AS abandoned
    FROM jsonb_to_recordset(j.steps) AS e (step text, kind text, stage text, outcome text, ms float8)
    WHERE e.outcome NOT IN ('skipped', 'deferred') GROUP BY e.step) s
  LEFT JOIN (
    SELECT v.id, bound->>'id' AS step, place, bound->'stage'->>'name' AS name
    FROM flow.flow_versions v, jsonb_array_elements(v.document->'steps') WITH ORDINALITY AS listed (bound, place)
    WHERE v.id = ANY ($3::uuid[])) b ON b.id = j.version_id AND b.step = split_part(s.step, '~', 1)
  WHERE j.flow_id = $1 AND j.ended_at >= $2 AND j.version_id = ANY ($3::uuid[])
  GROUP BY j.version_id, s.step ORDER BY max(b.place) NULLS LAST, s.step LIMIT $4`;
