/** One entry of the catalogue. `{name}` in `means` is filled from the details of the error. */
export type ErrorEntry = Readonly<{
  /** HTTP status when the error ends the whole request; an error of one field leaves the answer's 200 as it is. */
  status: number
  means: string
  mend: string
}>

const entry = (status: number, means: string, mend: string): ErrorEntry =>
  Object.freeze({ status, means, mend })

/**
 * Every error that a user of Marquee can meet, by its `extensions.code`. Codes follow Apollo's where one exists.
 * docs/errors.md is generated from this table (`npm run docs`), and a test holds the two equal.
 */
export const errorCatalogue = Object.freeze({
  // The request itself
  BAD_REQUEST: entry(
    400,
    'The request is not a GraphQL request: {reason}.',
    'Send `query` as a string and `variables` as an object, as JSON or in the query string.',
  ),
  MALFORMED_JSON: entry(
    400,
    'The request body is not JSON: {reason}.',
    'Send one JSON object, encoded as UTF-8.',
  ),
  UNSUPPORTED_MEDIA_TYPE: entry(
    415,
    'The content type "{contentType}" is not accepted.',
    'Send `content-type: application/json`, in UTF-8 and without a `content-encoding`.',
  ),
  NOT_ACCEPTABLE: entry(
    406,
    'None of the media types in `accept: {accept}` can be produced.',
    'Accept `application/graphql-response+json` or `application/json`.',
  ),
  METHOD_NOT_ALLOWED: entry(
    405,
    'This method cannot be used here: {reason}.',
    'Send queries by GET or POST, mutations by POST only.',
  ),
  REQUEST_TOO_LARGE: entry(
    413,
    'The request body is longer than {maxBytes} bytes.',
    'Send less, or raise `gateway.maxBodyBytes`.',
  ),
  CSRF_PREVENTED: entry(
    400,
    'This request could have been sent by a web page without a preflight, so it is refused.',
    'Send `content-type: application/json`, or a header `apollo-require-preflight: true`.',
  ),
  CONSISTENCY_TOKEN_INVALID: entry(
    400,
    'The header {header} is not a token that this gateway has given.',
    'Send the header as the last answer had it, or leave it out.',
  ),
  NOT_FOUND_PATH: entry(404, 'There is nothing at {path}.', 'GraphQL is served at /graphql.'),
  GRAPHQL_PARSE_FAILED: entry(
    400,
    'The document is not GraphQL: {reason}',
    'Mend the syntax at the location given.',
  ),
  GRAPHQL_VALIDATION_FAILED: entry(
    400,
    'The document does not fit the schema: {reason}',
    'Mend the field, argument or type named; the schema is in GraphiQL at /.',
  ),
  BAD_USER_INPUT: entry(
    400,
    'A value is not acceptable: {reason}',
    'Send a value of the type and range that the schema states.',
  ),
  OPERATION_RESOLUTION_FAILURE: entry(
    400,
    'Which operation to run is unclear: {reason}',
    'Name one operation of the document in `operationName`.',
  ),
  PERSISTED_QUERY_NOT_FOUND: entry(
    200,
    'No document is stored under this hash.',
    'Send the request again with `query` and the hash together.',
  ),
  PERSISTED_QUERY_NOT_SUPPORTED: entry(
    200,
    'Persisted queries are switched off.',
    'Send the whole document, or set `gateway.persistedQueries.enabled`.',
  ),
  PERSISTED_QUERY_HASH_MISMATCH: entry(
    400,
    'The hash is not the SHA-256 of the document.',
    'Hash the exact bytes of `query`.',
  ),
  DOCUMENT_TOO_COMPLEX: entry(
    400,
    'The document has {count} {what}; {max} are allowed.',
    'Ask for less in one operation, or raise the limit `{setting}`.',
  ),

  // Who asks
  TOKEN_INVALID: entry(
    401,
    'The access token is not valid: {reason}.',
    'Sign in again, or send no `authorization` header to ask as an anonymous caller.',
  ),
  TOKEN_EXPIRED: entry(401, 'The access token has expired.', 'Use `refresh` to get a new one.'),
  IDENTITY_UNAVAILABLE: entry(
    503,
    'The keys that verify access tokens cannot be had.',
    'Try again; operators: is the auth subgraph up, and is `gateway.identity.jwksUrl` right?',
  ),
  UNAUTHENTICATED: entry(
    401,
    'This needs a signed-in user.',
    'Sign in and send `authorization: Bearer <access token>`.',
  ),
  INSPECTION_NOT_ALLOWED: entry(
    403,
    'Plans and traces are shown to callers with the scope "{scope}" only.',
    'Send a token that has it, or leave out the header `x-marquee-inspect`; operators: `gateway.inspect`.',
  ),
  FORBIDDEN: entry(
    403,
    'This is not allowed: {reason}',
    'Ask with an account that has the right, or ask for another thing.',
  ),
  CALLER_NOT_GATEWAY: entry(
    401,
    'This subgraph answers its gateway only: {reason}.',
    'Ask the gateway; operators: give gateway and subgraphs the same MARQUEE_SECRET, and hold their clocks together.',
  ),

  // Auth
  SIGN_IN_FAILED: entry(200, 'The email address or the password is wrong.', 'Try again, or sign up.'),
  EMAIL_TAKEN: entry(
    200,
    'There is an account with this email address already.',
    'Sign in, or use another address.',
  ),
  CLIENT_SIGN_IN_FAILED: entry(
    200,
    'The API client id or its secret is wrong, or the client is revoked.',
    'Check both; a lost secret cannot be shown again, so create a new client.',
  ),
  REFRESH_TOKEN_INVALID: entry(200, 'The refresh token is unknown, expired or revoked.', 'Sign in again.'),
  REFRESH_TOKEN_REUSED: entry(
    200,
    'The refresh token was used before, so all tokens of this sign-in are revoked.',
    'Sign in again; if you did not use it twice, change your password: somebody else has it.',
  ),
  RATE_LIMITED: entry(429, 'Too many calls: {reason}', 'Wait, then try again.'),
  LIMITER_UNAVAILABLE: entry(
    503,
    'Sign-in is closed for the moment: attempts cannot be counted, so none is let through.',
    'Try again in a few seconds; operators: is Redis up, and is `auth.redisUrl` (REDIS_URL) right?',
  ),

  // Domain
  INVALID_ID: entry(
    400,
    '"{id}" is not the id of a {type}.',
    'Pass an id that the API gave you for a {type}; ids are opaque.',
  ),
  INVALID_CURSOR: entry(
    400,
    '"{cursor}" is not a cursor of this list.',
    'Pass `endCursor` of an earlier page, asked with the same order and filter.',
  ),
  PAGE_SIZE_OUT_OF_RANGE: entry(
    400,
    '`{argument}: {value}` is out of range: 1 to {max}.',
    'Ask for a page in that range and follow `pageInfo.endCursor`.',
  ),
  NOT_FOUND: entry(
    404,
    'There is no {type} with this id.',
    'It may have been deleted: ask for the list again.',
  ),
  HANDLE_TAKEN: entry(200, 'The handle "{handle}" belongs to somebody else.', 'Choose another.'),
  REVIEW_EXISTS: entry(200, 'You have reviewed this movie already.', 'Use `editReview`.'),

  // Behind the gateway
  SUBGRAPH_UNAVAILABLE: entry(
    502,
    'The subgraph "{service}" cannot be reached.',
    'Try again; operators: `marquee status`.',
  ),
  SUBGRAPH_BAD_RESPONSE: entry(
    502,
    'The subgraph "{service}" gave an answer that is not GraphQL.',
    'Operators: see the log line with this id.',
  ),
  SUBGRAPH_BAD_VALUE: entry(
    502,
    'A subgraph gave a value that does not fit its type: {reason}',
    'Operators: the data of that subgraph and its schema do not agree.',
  ),
  DATABASE_UNAVAILABLE: entry(
    503,
    'The database cannot be reached.',
    'Try again; operators: `marquee status`.',
  ),
  MIGRATION_LOCKED: entry(
    500,
    'The migration {migration} of {database} did not get its locks in {attempts} attempts of {lockTimeoutMs} ms each: {blocker}.',
    'Let what blocks it end, or end it with `select pg_terminate_backend({pid})`, and migrate again: {state}.',
  ),
  MIGRATION_RISKY: entry(
    500,
    'The migration {migration} of {database} is refused: {reason}.',
    '{instead}. Or let it be so, at a quiet hour: `marquee db migrate --allow-risky`. `--plan` shows all of it.',
  ),
  MIGRATION_FAILED: entry(
    500,
    'The migration {migration} of {database} failed: {reason}.',
    'Mend the cause and migrate again: {state}.',
  ),
  MIGRATION_PENDING: entry(
    500,
    '{database} lacks the migrations {migrations}, and `data.migrations.atStart` is off.',
    'Run `marquee db migrate`, then start again.',
  ),
  WRITE_UNCERTAIN: entry(
    503,
    'The database went away while it kept the change; it may have been kept or not.',
    'Look whether the change is there before you try again.',
  ),
  SHARD_UNAVAILABLE: entry(
    503,
    'The shard "{shard}" of the database "{database}" cannot be reached; what is on the others can be had.',
    'Try again; operators: `marquee db status`.',
  ),
  SHARD_UNKNOWN: entry(
    500,
    'The map of the database "{database}" gives {buckets} buckets to the shard "{shard}", which `data.databases` does not have.',
    'Add the shard to `data.databases.{database}.shards`, or empty it first: `marquee shards drain`.',
  ),
  BUCKET_MOVING: entry(
    503,
    'Bucket {bucket} of the database "{database}" is being moved to another shard; nothing was changed.',
    'Try again in a moment; operators: `marquee shards status`, and `data.shards.fenceWaitMs`.',
  ),
  TOPOLOGY_WRONG: entry(
    500,
    'The shards of the database "{database}" are not where `data.databases` says: {reason}.',
    'Look at the addresses in `data.databases.{database}`; `marquee db status` shows what each server is.',
  ),
  SHARD_MIGRATION_FAILED: entry(
    500,
    'The shard "{shard}" of the database "{database}" could not be migrated: {reason}. Migrated: {migrated}.',
    'Mend the reason and start again: what is applied already is not applied twice.',
  ),
  DEADLINE_EXCEEDED: entry(
    504,
    'The answer took longer than {deadlineMs} ms.',
    'Ask for less, or raise `{setting}`.',
  ),
  QUERY_PLANNING_TIMED_OUT: entry(
    503,
    'No plan for this operation was found within {timeoutMs} ms.',
    'Ask for less in one operation, or raise `gateway.planner.timeoutMs`.',
  ),
  QUERY_PLANNER_BUSY: entry(
    503,
    'More new operations wait to be planned than may wait ({waiting}).',
    'Try again: operations that were planned before are answered all the time. Or raise `gateway.planner.maxQueued` or `gateway.planner.workers`.',
  ),
  QUERY_PLANNING_FAILED: entry(
    500,
    'No plan could be made for this operation.',
    'Report the operation with the id of this error.',
  ),
  SHUTTING_DOWN: entry(503, 'This process is shutting down.', 'Try again: another one answers.'),
  INTERNAL_SERVER_ERROR: entry(
    500,
    'Something went wrong on our side.',
    'Try again; report the id of this error if it stays.',
  ),

  // Command line and start-up
  CONFIG_INVALID: entry(
    500,
    '{file}: {reason}',
    'Mend the key named; docs/configuration.md lists every key.',
  ),
  CONFIG_UNREADABLE: entry(500, '{file} cannot be read: {reason}', 'Check the path and its permissions.'),
  USAGE_INVALID: entry(
    500,
    'The command cannot be run so: {reason}.',
    '`marquee {command} --help` lists what it takes.',
  ),
  PORT_IN_USE: entry(
    500,
    'Port {port} is in use by another program.',
    'Stop that program, or choose another port with `--port`.',
  ),
  FOLDER_UNWRITABLE: entry(
    500,
    'The folder {folder} cannot be written to: {reason}',
    'Give yourself the right to write there, or choose another folder with `--data`.',
  ),
  FOLDER_IN_USE: entry(
    500,
    'Another platform (process {pid}) is using the folder {folder}.',
    'Stop that platform, or choose another folder with `--data`.',
  ),
  POSTGRES_START_FAILED: entry(
    500,
    'PostgreSQL did not start: {reason}',
    'Its log is {log}. `--fresh` starts over with an empty database.',
  ),
  SHARDS_NEEDED: entry(
    500,
    'With {shards} of the embedded shards, data would be missing: {reason}.',
    'Start with as many as before (`--shards`), empty what shall go with `marquee shards drain`, then start with fewer.',
  ),
  SHARD_LOST: entry(
    500,
    'The data of the embedded shard "{shard}" is gone: {buckets} buckets are its, and its server is empty.',
    'Bring its folder back, from a backup, or start over with `--fresh`.',
  ),
  SERVICE_START_FAILED: entry(
    500,
    '{service} did not start: {reason}',
    'Its log is in the folder `logs` of the data folder.',
  ),
  SUBGRAPH_SCHEMA_INVALID: entry(
    500,
    'The subgraph "{service}" cannot be served: {reason}',
    'Mend its schema or its resolvers at the place named.',
  ),
  SUPERGRAPH_INVALID: entry(
    500,
    'The supergraph cannot be loaded: {reason}',
    'Compose it again with `marquee compose`.',
  ),
  COMPOSITION_FAILED: entry(
    500,
    'The subgraphs do not compose: {count} error(s).',
    'Mend the places named above.',
  ),
  IMPORT_FILE_INVALID: entry(
    500,
    '{file} cannot be imported: {reason}',
    'docs/import.md describes the two shapes that are accepted.',
  ),
  BACKUP_FAILED: entry(
    500,
    'The backup was not made, and nothing is left of it: {reason}.',
    'Mend that, and run it again. Backups made before are as they were.',
  ),
  BACKUP_DAMAGED: entry(
    500,
    'The backup {folder} cannot be used: {reason}. Nothing was changed.',
    'Take another one: `marquee db backup --list` shows them.',
  ),
  RESTORE_REFUSED: entry(
    500,
    'The restore was not begun, and nothing was changed: {reason}.',
    'docs/backup.md says what a restore needs. `--force` moves data that is there aside.',
  ),
  RESTORE_FAILED: entry(
    500,
    'The restore failed, and the data is as it was: {reason}.',
    'Choose another moment (`--to-time`), or another backup (`marquee db backup --list`).',
  ),
  MOVE_IMPOSSIBLE: entry(
    500,
    'Buckets cannot be moved: {reason}.',
    'Nothing was changed. Mend what is named, then try again; docs/resharding.md says what a move needs.',
  ),
  MOVE_IN_PROGRESS: entry(
    500,
    'There is a move already: {reason}.',
    '`marquee shards status` shows it; `marquee shards resume` goes on with it, `marquee shards abort` gives it up.',
  ),
  MOVE_STALLED: entry(
    500,
    'The move from the shard "{source}" to "{target}" does not go on: {reason}.',
    'Nothing is lost. Mend the cause, then `marquee shards resume`; or give it up: `marquee shards abort`.',
  ),
  MOVE_MISMATCH: entry(
    500,
    'Source and target do not hold the same rows ({where}): {source} on the source, {target} on the target.',
    'The source has kept everything. Give the move up with `marquee shards abort`, and look who else writes on the target.',
  ),
  MOVE_NOT_ABORTABLE: entry(
    500,
    'The target "{target}" owns {flipped} of the {buckets} buckets already and may have written to them.',
    'Finish with `marquee shards resume`, then move them back: `marquee shards move`.',
  ),
  MOVE_NONE: entry(500, 'No move is unfinished.', '`marquee shards status` shows who has which buckets.'),
  NOT_RUNNING: entry(
    500,
    'No platform is running in {folder}.',
    'Start one with `npm start`, or name its folder with `--data`.',
  ),
} as const satisfies Record<string, ErrorEntry>)

export type ErrorCode = keyof typeof errorCatalogue
