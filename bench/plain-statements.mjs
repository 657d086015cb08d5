// Preloaded into a gateway: runs its prepared statements as pg's own named statements, for a comparison (docs/adr/0003).
import pg from 'pg';

const query = Reflect.get(pg.Pool.prototype, 'query');
pg.Pool.prototype.query = function (statement, ...rest) {
  const isPrepared = typeof statement?.submit === 'function' && statement.name !== undefined;
  const { name, text, values } = isPrepared ? statement : {};
  return query.call(this, isPrepared ? { name, text, values } : statement, ...rest);
};
