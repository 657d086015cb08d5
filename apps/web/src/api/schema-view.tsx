import { useEffect, useRef, useState } from 'preact/hooks';
import { DOCUMENT_ADDRESS, useApi } from './api.context.js';
import { nameOf, namesIn, type Schema, typeOf } from './schema.js';

/** Shows a named schema. Renders its content only while the visitor expands it, because schemas may be recursive. */
export function NamedSchema({ name, label = name }: { name: string; label?: string }) {
  const { schemas, t } = useApi();
  const details = useRef<HTMLDetailsElement>(null);
  const [open, setOpen] = useState(false);
  // The visitor may have expanded the schema before hydration.
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

/** Shows the properties and alternatives of a schema. */
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
      {inlineSchemas(property).map((inlineSchema) => (
        <SchemaShape key="inner" schema={inlineSchema} />
      ))}
      {namesIn(property).map((schemaName) => (
        <NamedSchema key={schemaName} name={schemaName} />
      ))}
    </li>
  );
}

/** Returns the unnamed object schemas of a property. The page shows them inside the property. */
const inlineSchemas = (property: Schema): Schema[] =>
  [property, property.items ?? {}].filter(({ properties }) => properties);
