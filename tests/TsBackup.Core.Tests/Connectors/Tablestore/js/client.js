// Drives the official JavaScript client (npm "tablestore"): node client.js write|dump|add ENDPOINT INSTANCE KEY SECRET [TABLE ...]
'use strict';

const TableStore = require('tablestore');
const [command, endpoint, instancename, accessKeyId, secretAccessKey, ...tables] = process.argv.slice(2);
const client = new TableStore.Client({ accessKeyId, secretAccessKey, endpoint, instancename, maxRetries: 3 });
const Long = TableStore.Long;
const ignore = new TableStore.Condition(TableStore.RowExistenceExpectation.IGNORE, null);

const call = (operation, params) => new Promise((resolve, reject) =>
  client[operation](params, (error, data) => error ? reject(new Error(`${operation}: ${error.code} ${error.message}`)) : resolve(data)));

const tableOf = (tableName, primaryKey, maxVersions, more) => Object.assign({
  tableMeta: Object.assign({ tableName, primaryKey }, more && more.meta),
  reservedThroughput: { capacityUnit: { read: 0, write: 0 } },
  tableOptions: { timeToLive: -1, maxVersions, maxTimeDeviation: 864000 },
}, more && more.top);

async function write() {
  const type = TableStore.PrimaryKeyType;
  await call('createTable', tableOf('js_types', [
    { name: 'k', type: type.STRING }, { name: 'n', type: type.INTEGER }, { name: 'b', type: type.BINARY }], 5));
  await call('createTable', tableOf('js_plain', [{ name: 'id', type: type.INTEGER }], 1));
  await call('createTable', tableOf('js_auto', [
    { name: 'p', type: type.STRING }, { name: 'seq', type: type.INTEGER, option: TableStore.PrimaryKeyOption.AUTO_INCREMENT }], 1));
  await call('createTable', tableOf('js_indexed', [{ name: 'id', type: type.STRING }], 1, {
    meta: { definedColumn: [{ name: 'city', type: TableStore.DefinedColumnType.DCT_STRING }] },
    top: { indexMetas: [{ name: 'js_by_city', primaryKey: ['city', 'id'], definedColumn: [], indexUpdateMode: 0, indexType: 0 }] },
  }));

  const now = Date.now();
  await call('putRow', {
    tableName: 'js_types', condition: ignore,
    primaryKey: [{ k: 'héllo 世界' }, { n: Long.fromString('-9223372036854775808') }, { b: Buffer.from([0, 255]) }],
    attributeColumns: [
      { text: 'grüße 😀' }, { empty: '' }, { max: Long.fromString('9223372036854775807') }, { min: Long.fromString('-9223372036854775808') },
      { half: 0.5 }, { minus_zero: -0 }, { tiny: 5e-324 }, { huge: -1.7976931348623157e308 }, { infinite: Infinity },
      { yes: true }, { no: false }, { bytes: Buffer.from([0, 1, 2, 254, 255]) }, { no_bytes: Buffer.alloc(0) },
      // One column, five versions, five types: all that there are.
      { mixed: Buffer.from([7, 0, 255]), timestamp: now - 5000 }, { mixed: Long.fromNumber(1), timestamp: now - 4000 }, { mixed: 'two', timestamp: now - 3000 },
      { mixed: 3.5, timestamp: now - 2000 }, { mixed: true, timestamp: now - 1000 }],
  });
  const keys = [];
  for (let i = 0; i < 120; i++) keys.push({ k: `row${i}`, n: i - 60 });
  await call('batchWriteRow', { tables: [{ tableName: 'js_types', rows: keys.map(({ k, n }) => ({
    type: 'PUT', condition: ignore, primaryKey: [{ k }, { n: Long.fromNumber(n) }, { b: Buffer.from(k) }],
    attributeColumns: [{ a: n % 2 ? Long.fromNumber(n) : n / 3 }, { b: k }] })) }] });

  await call('putRow', { tableName: 'js_plain', condition: ignore, primaryKey: [{ id: Long.fromNumber(1) }], attributeColumns: [] });
  await call('putRow', {
    tableName: 'js_plain', condition: ignore, primaryKey: [{ id: Long.fromNumber(2) }],
    attributeColumns: [{ gone: 'x' }, { count: Long.fromNumber(40) }, { old: 'value' }] });
  await call('updateRow', {
    tableName: 'js_plain', condition: ignore, primaryKey: [{ id: Long.fromNumber(2) }],
    updateOfAttributeColumns: [{ PUT: [{ fresh: 1.25 }, { old: 'replaced' }] }, { DELETE_ALL: ['gone'] }, { INCREMENT: [{ count: Long.fromNumber(2) }] }] });
  await call('putRow', { tableName: 'js_plain', condition: ignore, primaryKey: [{ id: Long.fromNumber(3) }], attributeColumns: [{ a: 'b' }] });
  await call('deleteRow', { tableName: 'js_plain', condition: ignore, primaryKey: [{ id: Long.fromNumber(3) }] });

  for (const value of ['first', 'second']) {
    await call('putRow', {
      tableName: 'js_auto', condition: ignore, primaryKey: [{ p: 'a' }, { seq: TableStore.PK_AUTO_INCR }],
      attributeColumns: [{ value }], returnContent: { returnType: TableStore.ReturnType.Primarykey } });
  }
  await call('putRow', { tableName: 'js_indexed', condition: ignore, primaryKey: [{ id: 'x' }], attributeColumns: [{ city: 'Ulm' }] });
}

// Adds a row to a table with a generated key and prints whether the client was told the key.
async function add() {
  const { row } = await call('putRow', {
    tableName: tables[0], condition: ignore, primaryKey: [{ p: 'a' }, { seq: TableStore.PK_AUTO_INCR }],
    attributeColumns: [{ value: 'added' }], returnContent: { returnType: TableStore.ReturnType.Primarykey } });
  console.log(row.primaryKey.map(k => textOf(k.value)).join(','));
}

function textOf(value) {
  if (typeof value === 'string') return 's:' + Buffer.from(value, 'utf8').toString('hex');
  if (typeof value === 'boolean') return 'b:' + value;
  if (Buffer.isBuffer(value)) return 'x:' + value.toString('hex');
  if (typeof value === 'number') {
    const bits = Buffer.alloc(8);
    bits.writeDoubleBE(value);
    return 'd:' + bits.toString('hex');
  }
  return 'i:' + value.toString();
}

async function dump() {
  for (const tableName of tables) {
    const { tableMeta } = await call('describeTable', { tableName });
    const bound = value => tableMeta.primaryKey.map(key => ({ [key.name]: value }));
    let start = bound(TableStore.INF_MIN);
    while (start) {
      const page = await call('getRange', {
        tableName, direction: TableStore.Direction.FORWARD, maxVersions: 100,
        inclusiveStartPrimaryKey: start, exclusiveEndPrimaryKey: bound(TableStore.INF_MAX) });
      for (const row of page.rows) {
        if (!row.primaryKey) continue;
        const key = `${tableName}|${row.primaryKey.map(k => textOf(k.value)).join(',')}`;
        if (!row.attributes || row.attributes.length === 0) console.log(`${key}|-`);
        for (const cell of row.attributes || [])
          console.log(`${key}|${cell.columnName}|${cell.timestamp}|${textOf(cell.columnValue)}`);
      }
      start = page.nextStartPrimaryKey && page.nextStartPrimaryKey.length > 0
        ? page.nextStartPrimaryKey.map(k => ({ [k.name]: k.value })) : null;
    }
  }
}

({ write, dump, add })[command]().catch(error => {
  console.error(error);
  process.exitCode = 1;
});
