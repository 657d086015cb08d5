import { useApi } from './api.context.js';
import { type Content, type Endpoint, namesIn, type Operation, type Parameter, typeOf } from './schema.js';
import { NamedSchema } from './schema-view.js';

/** Shows an operation with its parameters, body and responses. */
export const EndpointView = ({ endpoint: { method, path, operation } }: { endpoint: Endpoint }) => (
  <details class="operation" id={operation.operationId}>
    <summary>
      <span class={`method ${method}`}>{method.toUpperCase()}</span> <code>{path}</code>
      {operation.description && <span class="hint">{operation.description}</span>}
    </summary>
    <OperationView operation={operation} />
  </details>
);

function OperationView({ operation }: { operation: Operation }) {
  const { t } = useApi();
  const { operationId, parameters = [], requestBody, responses, security = [] } = operation;
  const anonymous = security.some((scheme) => Object.keys(scheme).length === 0);
  return (
    <div class="body">
      <p class="hint">
        <code>{operationId}</code> · {anonymous ? t('No login needed.') : t('Needs a login or an API token.')}
      </p>
      {parameters.length > 0 && <Parameters parameters={parameters} />}
      {requestBody && (
        <>
          <h4>{t('Body')}</h4>
          <Bodies content={requestBody.content} />
        </>
      )}
      <h4>{t('Responses')}</h4>
      {Object.entries(responses).map(([status, response]) => (
        <div key={status} class="answer">
          <strong>{status}</strong> {response.description}
          {response.content && <Bodies content={response.content} />}
        </div>
      ))}
    </div>
  );
}

function Parameters({ parameters }: { parameters: readonly Parameter[] }) {
  const { t } = useApi();
  return (
    <>
      <h4>{t('Parameters')}</h4>
      <ul>
        {parameters.map(({ name, in: where, required, schema, description }) => (
          <li key={name}>
            <code class="name">{name}</code> <code class="type">{typeOf(schema)}</code>{' '}
            <span class="hint">{where === 'path' ? t('in the path') : t('in the query')}</span>{' '}
            {required && <span class="badge">{t('required')}</span>}
            {description && <div class="hint">{description}</div>}
          </li>
        ))}
      </ul>
    </>
  );
}

/** Shows the schema of a body once, because all media types of the body have the same schema. */
function Bodies({ content }: { content: Content }) {
  const [schema] = Object.values(content).map((body) => body.schema);
  if (!schema) return null;
  const names = namesIn(schema);
  return (
    <div>
      <span class="hint">{Object.keys(content).join(', ')}</span>
      {names.length === 0 && (
        <>
          {' '}
          <code>{typeOf(schema)}</code>
        </>
      )}
      {names.map((name) => (
        <NamedSchema key={name} name={name} />
      ))}
    </div>
  );
}
