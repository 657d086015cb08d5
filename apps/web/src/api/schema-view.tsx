import { useEffect, useRef, useState } from 'preact/hooks';
import { DOCUMENT_ADDRESS, useApi } from './api.context.js';
import { nameOf, namesIn, type Schema, typeOf } from './schema.js';

/** A schema that has a name: opens when it is asked for, so that it may contain itself. */
export function NamedSchema({ name, label = name }: { name: string; label?: string }) {
  const { schemas, t } = useApi();
  const details = useRef<HTMLDetailsElement>(null);
  const [open, setOpen] = useState(false);
  // It may have been opened before the script came.
  useEffect(() => setOpen(details.current?.open === true), []);
  const schema = schemas?.[name];
  return (
    <details class="schema" ref={details} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>
        <code>{label}</code>
      </summary>
      {open && schema ? (
        <SchemaShape schema={schema} />
      ) : (
        <p>
          <a href={DOCUMENT_ADDRESS}>{t('The schema as JSON')}</a>
        </p>
      )}
    </details>
  );
}

/** What a schema consists of. */
export function SchemaShape({ schema }: { schema: Schema }) {
  const { properties, required = [], description, discriminator } = schema;
  return (
    <div class="shape">
      {description && <p>{description}</p>}
      {properties && (
        <ul>
          {Object.entries(properties).map(([name, property]) => (
            <Property key={name} name={name} property={property} required={required.includes(name)} />
          ))}
        </ul>
      )}
      {!properties && <code>{discriminator ? 'oneOf' : typeOf(schema)}</code>}
      {discriminator?.mapping
        ? Object.entries(discriminator.mapping).map(([label, $ref]) => (
            <NamedSchema key={label} name={nameOf($ref)} label={label} />
          ))
        : namesIn(schema).map((name) => <NamedSchema key={name} name={name} />)}
    </div>
  );
}

interface Props {
  readonly name: string;
  readonly property: Schema;
  readonly required: boolean;
}

function Property({ name, property, required }: Props) {
  const { t } = useApi();
  const { default: preset, description } = property;
  return (
    <li>
      <code class="name">{name}</code> <code class="type">{typeOf(property)}</code>{' '}
      {required && <span class="badge">{t('required')}</span>}
      {preset !== undefined && (
        <span class="hint">
          {' '}
          {t('otherwise')} <code>{JSON.stringify(preset)}</code>
        </span>
      )}
      {description && <div class="hint">{description}</div>}
      {inner(property).map((part) => (
        <SchemaShape key="inner" schema={part} />
      ))}
      {namesIn(property).map((inside) => (
        <NamedSchema key={inside} name={inside} />
      ))}
    </li>
  );
}

/** Objects that have no name stand where they are. */
const inner = (property: Schema): Schema[] => [property, property.items ?? {}].filter(({ properties }) => properties);
