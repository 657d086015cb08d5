/** A user by blueprint. */
export const userEntry = (username: string, attrs: Readonly<Record<string, unknown>> = {}) => ({
  model: 'authentik_core.user',
  id: `user ${username}`,
  identifiers: { username },
  attrs: { name: username, email: `${username}@example.org`, password: 'correct-horse-7', ...attrs },
});

/** An API token of a user, by blueprint; the user's entry must come before, as `userEntry` makes it. */
export const tokenEntry = (username: string, key: string, attrs: Readonly<Record<string, unknown>> = {}) => ({
  model: 'authentik_core.token',
  identifiers: { identifier: `${username}-${key.slice(0, 8)}` },
  attrs: { key, intent: 'api', user: keyOf(`user ${username}`), ...attrs },
});

/** A group by blueprint; `parent` is the name of one before it. */
export const groupEntry = (name: string, { users = [], parent }: { users?: string[]; parent?: string } = {}) => ({
  model: 'authentik_core.group',
  id: `group ${name}`,
  identifiers: { name },
  attrs: {
    users: users.map((username) => keyOf(`user ${username}`)),
    ...(parent === undefined ? {} : { parent: keyOf(`group ${parent}`) }),
  },
});

/** A condition on a flow, or on the step at a place in it: `group <name>` or `user <username>`. */
export const conditionEntry = (
  target: string | readonly [slug: string, step: number],
  who: `group ${string}` | `user ${string}`,
  attrs: Readonly<Record<string, unknown>> = {},
) => ({
  model: 'authentik_policies.policybinding',
  identifiers: {
    target: keyOf(typeof target === 'string' ? target : `${target[0]}-${target[1]} bound`),
    [who.startsWith('group') ? 'group' : 'user']: keyOf(who),
    order: 0,
  },
  attrs,
});

interface Bound {
  /** App label and model of a stage, without `authentik_stages_`; or the kind of somebody else's. */
  readonly stage: string;
  readonly attrs?: Readonly<Record<string, unknown>>;
  readonly binding?: Readonly<Record<string, unknown>>;
}

/** A flow with its stages, bound in this order. Names carry the slug, so that flows of one database keep apart. */
export const flowEntries = (slug: string, stages: readonly Bound[], attrs: Readonly<Record<string, unknown>> = {}) => [
  {
    model: 'authentik_flows.flow',
    id: slug,
    identifiers: { slug },
    attrs: { name: slug, title: 'Welcome', designation: 'authentication', ...attrs },
  },
  ...stages.flatMap(({ stage, attrs: config = {}, binding = {} }, i) => [
    {
      model: stage.startsWith('x_') ? 'gatehouse_stages.remotestage' : `authentik_stages_${stage}`,
      id: `${slug}-${i}`,
      identifiers: { name: `${slug} ${i} ${stage}` },
      attrs: stage.startsWith('x_') ? { kind: stage, config } : config,
    },
    {
      model: 'authentik_flows.flowstagebinding',
      id: `${slug}-${i} bound`,
      identifiers: { target: keyOf(slug), stage: keyOf(`${slug}-${i}`), order: i * 10 },
      attrs: binding,
    },
  ]),
];

class KeyOf {
  constructor(readonly id: string) {}
}
/** Refers to another entry, by its id. */
export const keyOf = (id: string) => new KeyOf(id);

export const IDENTIFICATION: Bound = {
  stage: 'identification.identificationstage',
  attrs: { user_fields: ['username', 'email'] },
};
export const PASSWORD: Bound = {
  stage: 'password.passwordstage',
  attrs: { backends: ['authentik.core.auth.InbuiltBackend'] },
};
export const LOGIN: Bound = { stage: 'user_login.userloginstage' };
export const LOGOUT: Bound = { stage: 'user_logout.userlogoutstage' };
export const EMAIL: Bound = { stage: 'email.emailstage', attrs: { use_global_settings: true } };
export const DUMMY: Bound = { stage: 'dummy.dummystage' };

/** A blueprint file of these entries. YAML is a superset of JSON; only the tag needs its own notation. */
export function blueprint(...entries: readonly unknown[]): string {
  const json = JSON.stringify({ version: 1, entries: entries.flat() }, (_, value: unknown) =>
    value instanceof KeyOf ? `!KeyOf ${value.id}` : value,
  );
  return json.replace(/"(!KeyOf [^"]+)"/g, '$1');
}
