// Preloaded into a gateway by `--import`. Replaces each `PreparedStatementQuery`, which is a query object with `submit`
// and a name, by pg's own named query, which asks for the result columns at each execution. The bench compares both
// (docs/adr/0003).
import pg from 'pg';

const query = Reflect.get(pg.Pool.prototype, 'query');
pg.Pool.prototype.query = function (statement, ...rest) {
  const isPrepared = typeof statement?.submit === 'function' && statement.name !== undefined;
  const { name, text, values } = isPrepared ? statement : {};
  return query.call(this, isPrepared ? { name, text, values } : statement, ...rest);
};
