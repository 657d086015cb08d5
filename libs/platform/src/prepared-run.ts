import pg from 'pg';

/** A statement the server plans once a connection, whatever its values: one that may leave a condition out is two. */
export interface NamedStatement {
  readonly name: string;
  readonly text: string;
}

export interface StatementResult<R> {
  readonly rows: R[];
  /** Rows that were touched or found. */
  readonly rowCount: number;
}

/** What this uses of a connection of pg. */
interface Connection {
  readonly stream: { cork(): void; uncork(): void };
  /** By name, what the server has prepared. */
  readonly parsedStatements: Readonly<Record<string, string | undefined>>;
  parse(statement: NamedStatement): void;
  describe(what: { readonly type: 'S'; readonly name: string }): void;
  bind(run: { readonly statement: string; readonly values: readonly unknown[] }): void;
  execute(portal: object): void;
  sync(): void;
}

interface Column {
  readonly name: string;
  readonly read: (text: string) => unknown;
}

const { prepareValue } = (pg as unknown as { readonly utils: { readonly prepareValue: (value: unknown) => unknown } })
  .utils;

/** The columns of what connections have prepared, by its name. */
const columnsOf = new WeakMap<Connection, Map<string, readonly Column[]>>();

/**
 * One run of a named statement, as pg's clients and pools take it. What its rows consist of is asked once a connection; pg's
 * own query asks with each run, and for many columns that costs both sides more than the row (docs/adr/0003). Postgres runs
 * no statement whose columns have changed since it was prepared.
 */
export class PreparedStatementQuery<R> {
  readonly name: string;
  readonly text: string;
  /** Set by the client: told what became of the run. */
  callback: ((error: Error | null, result?: StatementResult<R>) => void) | undefined;
  private readonly rows: R[] = [];
  private rowCount = 0;
  private known = new Map<string, readonly Column[]>();

  private readonly values: readonly unknown[];

  /** Throws when a value cannot be said to Postgres. */
  constructor({ name, text }: NamedStatement, values: readonly unknown[]) {
    this.name = name;
    this.text = text;
    this.values = values.map((value) => prepareValue(value));
  }

  /** An error is what hinders it: another statement has its name. */
  submit(connection: Connection): Error | undefined {
    const { name, text, values } = this;
    const { [name]: prepared } = connection.parsedStatements;
    if (prepared !== undefined && prepared !== text) return new Error(`two statements are called ${name}`);
    this.known = columnsOf.get(connection) ?? this.known;
    columnsOf.set(connection, this.known);
    connection.stream.cork();
    try {
      if (prepared === undefined) connection.parse({ name, text });
      if (!this.known.has(name)) connection.describe({ type: 'S', name });
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
    this.known.set(this.name, columns);
  }

  handleDataRow({ fields }: { readonly fields: readonly (string | null)[] }) {
    const row: Record<string, unknown> = {};
    this.known.get(this.name)?.forEach(({ name, read }, i) => {
      const text = fields[i];
      row[name] = typeof text === 'string' ? read(text) : null;
    });
    this.rows.push(row as R);
  }

  /** `text` such as `SELECT 1` or `INSERT 0 1`. */
  handleCommandComplete({ text }: { readonly text: string }) {
    // One that gives no rows is not described at all.
    if (!this.known.has(this.name)) this.known.set(this.name, []);
    this.rowCount = Number(text.slice(text.lastIndexOf(' ') + 1));
  }

  handleReadyForQuery() {
    this.callback?.(null, { rows: this.rows, rowCount: this.rowCount });
  }

  handleError(error: Error) {
    this.callback?.(error);
  }
}
