import pg from 'pg';

/**
 * A statement that each connection prepares and plans once. The plan is the same for all values, so a statement with an
 * optional condition should be two statements.
 */
export interface NamedStatement {
  readonly name: string;
  readonly text: string;
  /**
   * Whether the statement returns no row if a concurrent request won the race, or a condition is not met. Metrics count
   * that as a conflict.
   */
  readonly conditional?: boolean;
}

export interface StatementResult<R> {
  readonly rows: R[];
  /** Number of rows that were changed or returned. */
  readonly rowCount: number;
}

/** The internal members of a pg connection that PreparedStatementQuery uses. */
interface PgConnection {
  readonly stream: { cork(): void; uncork(): void };
  /** Text of each prepared statement, by name. */
  readonly parsedStatements: Readonly<Record<string, string | undefined>>;
  parse(statement: NamedStatement): void;
  describe(target: { readonly type: 'S'; readonly name: string }): void;
  bind(portal: { readonly statement: string; readonly values: readonly unknown[] }): void;
  execute(portal: object): void;
  sync(): void;
}

interface Column {
  readonly name: string;
  readonly read: (text: string) => unknown;
}

const { prepareValue } = (pg as unknown as { readonly utils: { readonly prepareValue: (value: unknown) => unknown } })
  .utils;

/** The result columns of each connection's prepared statements, by statement name. */
const columnsByConnection = new WeakMap<PgConnection, Map<string, readonly Column[]>>();

/**
 * One execution of a named statement, for `query` of a pg client or pool. Requests the description of the result
 * columns once for each connection. pg's own query requests it at each execution, which for many columns costs client
 * and server more than the row itself (docs/adr/0003). The stored description cannot become outdated, because Postgres
 * refuses a prepared statement whose result columns have changed.
 */
export class PreparedStatementQuery<R> {
  readonly name: string;
  readonly text: string;
  /** Called with the error or the result. The pg client sets it. */
  callback: ((error: Error | null, result?: StatementResult<R>) => void) | undefined;
  private readonly rows: R[] = [];
  private rowCount = 0;
  private columns = new Map<string, readonly Column[]>();

  private readonly values: readonly unknown[];

  /** Throws if a value cannot be serialised for Postgres. */
  constructor({ name, text }: NamedStatement, values: readonly unknown[]) {
    this.name = name;
    this.text = text;
    this.values = values.map((value) => prepareValue(value));
  }

  /** Sends the statement. Returns an error if this connection has prepared another text under the same name. */
  submit(connection: PgConnection): Error | undefined {
    const { name, text, values } = this;
    const { [name]: prepared } = connection.parsedStatements;
    if (prepared !== undefined && prepared !== text) return new Error(`two different statements have the name ${name}`);
    this.columns = columnsByConnection.get(connection) ?? this.columns;
    columnsByConnection.set(connection, this.columns);
    connection.stream.cork();
    try {
      if (prepared === undefined) connection.parse({ name, text });
      if (!this.columns.has(name)) connection.describe({ type: 'S', name });
      connection.bind({ statement: name, values });
      connection.execute({});
      connection.sync();
    } finally {
      connection.stream.uncork();
    }
    return undefined;
  }

  handleRowDescription({ fields }: { readonly fields: readonly { name: string; dataTypeID: number }[] }) {
    const columns = fields.map(({ name, dataTypeID }) => ({ name, read: pg.types.getTypeParser(dataTypeID, 'text') }));
    this.columns.set(this.name, columns);
  }

  handleDataRow({ fields }: { readonly fields: readonly (string | null)[] }) {
    const row: Record<string, unknown> = {};
    this.columns.get(this.name)?.forEach(({ name, read }, i) => {
      const text = fields[i];
      row[name] = typeof text === 'string' ? read(text) : null;
    });
    this.rows.push(row as R);
  }

  /** `text` is the command tag of Postgres, such as `SELECT 1` or `INSERT 0 1`. */
  handleCommandComplete({ text }: { readonly text: string }) {
    // Postgres sends no row description for a statement without result rows.
    if (!this.columns.has(this.name)) this.columns.set(this.name, []);
    this.rowCount = Number(text.slice(text.lastIndexOf(' ') + 1));
  }

  handleReadyForQuery() {
    this.callback?.(null, { rows: this.rows, rowCount: this.rowCount });
  }

  handleError(error: Error) {
    this.callback?.(error);
  }
}
