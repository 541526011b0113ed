/**
 * Every failure a user can meet, in one list: what happened, and what to do about it.
 * A code never changes once released; a message may. `docs/errors.md` has a row for each.
 *
 * `delta` is the error class that Spark with Delta Lake uses for the same failure, so that a search for either finds both.
 */
const catalogue = {
  // A table and its versions
  REF_INVALID: {
    message: (d: { text: string; problem: string }) =>
      `'${d.text}' is not a table reference: ${d.problem}.`,
    hint: () =>
      "Write it as schema.table, catalog.schema.table or a location, with '@v47' or '@2026-01-31T00:00:00Z' behind it for a past version.",
  },
  TABLE_NOT_FOUND: {
    message: (d: { location: string; closest?: string | undefined }) =>
      `There is nothing at ${d.location}.`,
    hint: (d: { closest?: string | undefined }) =>
      d.closest === undefined
        ? 'Check the path; a relative one starts at the current folder.'
        : `Did you mean ${d.closest}?`,
    delta: 'DELTA_TABLE_NOT_FOUND',
  },
  TABLE_NOT_DELTA: {
    message: (d: { location: string; found: string }) =>
      `${d.location} is not a Delta table: it ${d.found}.`,
    hint: () => 'Give the folder that holds _delta_log.',
    delta: 'DELTA_ONLY_OPERATION',
  },
  TABLE_NAME_UNKNOWN: {
    message: (d: { name: string; closest?: string | undefined }) =>
      `asof does not know where the table ${d.name} lies.`,
    hint: (d: { name: string; closest?: string | undefined }) =>
      d.closest === undefined
        ? `Map it in asof.yaml under 'tables:', as '${d.name}: ./path/to/table', or give its location.`
        : `Did you mean ${d.closest}? Otherwise map ${d.name} in asof.yaml under 'tables:'.`,
    delta: 'TABLE_OR_VIEW_NOT_FOUND',
  },
  STORE_UNSUPPORTED: {
    message: (d: { location: string; scheme: string }) =>
      `asof can't read ${d.scheme} locations: ${d.location}.`,
    hint: () => 'Use a local folder, or mount or copy the table (log and files) to one.',
  },
  ACCESS_DENIED: {
    message: (d: { path: string }) => `No permission to read or write ${d.path}.`,
    hint: () => 'Ask for access to that path, or run as a user who has it.',
  },
  VERSION_TOO_NEW: {
    message: (d: { table: string; version: number; latest: number }) =>
      `${d.table} has no version ${d.version} yet: its latest is ${d.latest}.`,
    hint: (d: { latest: number }) => `Ask for v${d.latest} or an earlier version.`,
    delta: 'DELTA_VERSION_NOT_FOUND',
  },
  VERSION_TOO_OLD: {
    message: (d: { table: string; version: number; oldest?: number | undefined; latest: number }) =>
      `Version ${d.version} of ${d.table} can't be rebuilt: the log that described it was cleaned up. ${d.oldest === undefined ? 'Nothing before the latest can be' : `What is left reaches from v${d.oldest} to v${d.latest}`}.`,
    hint: (d: { oldest?: number | undefined }) =>
      d.oldest === undefined
        ? 'Restore _delta_log from a backup.'
        : `The oldest version still there is v${d.oldest}. To keep logs longer, raise delta.logRetentionDuration.`,
    delta: 'DELTA_VERSION_NOT_FOUND',
  },
  MOMENT_TOO_EARLY: {
    message: (d: { table: string; moment: string; oldest: string; oldestVersion: number }) =>
      `${d.table} has no version as early as ${d.moment}: the oldest commit kept, v${d.oldestVersion}, is of ${d.oldest}.`,
    hint: (d: { oldest: string; oldestVersion: number }) =>
      `Ask for ${d.oldest} or later, or for v${d.oldestVersion}.`,
    delta: 'DELTA_TIMESTAMP_EARLIER_THAN_COMMIT_RETENTION',
  },
  MOMENT_IN_FUTURE: {
    message: (d: { table: string; moment: string; now: string }) =>
      `${d.moment} is in the future (it is ${d.now}): nobody can know yet which version of ${d.table} holds then.`,
    hint: () => 'Leave the moment out for the latest version.',
    delta: 'DELTA_TIMESTAMP_GREATER_THAN_COMMIT',
  },
  LOG_GAP: {
    message: (d: { table: string; first: number; last: number }) =>
      `The log of ${d.table} has a gap: ${d.first === d.last ? `the commit of v${d.first} is` : `the commits from v${d.first} to v${d.last} are`} missing.`,
    hint: () =>
      'Restore the missing file of _delta_log from a backup; asof does not guess what it held.',
    delta: 'DELTA_VERSIONS_NOT_CONTIGUOUS',
  },
  LOG_DAMAGED: {
    message: (d: { table: string; file: string; problem: string }) =>
      `The log of ${d.table} is damaged: ${d.file}: ${d.problem}`,
    hint: () => 'Restore that file from a backup; versions before it can still be read.',
  },
  CHECKPOINT_DAMAGED: {
    message: (d: { table: string; file: string; problem: string }) =>
      `A checkpoint of ${d.table} is damaged: ${d.file}: ${d.problem}`,
    hint: () =>
      'Restore that file from a backup, or remove it if every commit since the checkpoint before it is still there.',
  },
  FEATURE_UNSUPPORTED: {
    message: (d: { table: string; features: readonly string[] }) =>
      `${d.table} uses what asof can't read: ${d.features.join(', ')}.`,
    hint: () => 'Read this version with the engine that wrote it. asof refuses rather than guess.',
    delta: 'DELTA_UNSUPPORTED_FEATURES_FOR_READ',
  },
  DELETION_VECTOR_DAMAGED: {
    message: (d: { table: string; file: string; problem: string }) =>
      `A deletion vector of ${d.table} can't be used: ${d.file}: ${d.problem}`,
    hint: () =>
      'Restore that file from a backup; without it nobody can tell which rows were deleted.',
  },
  PATH_OUTSIDE_TABLE: {
    message: (d: { table: string; path: string }) =>
      `The log of ${d.table} points outside the table's folder: ${d.path}.`,
    hint: () =>
      'Delta allows that for shallow clones only, and this log holds no CLONE of a table there. Look at who wrote it.',
  },
  FILES_MISSING: {
    message: (d: {
      table: string;
      version: number;
      missing: number;
      of: number;
      example: string;
    }) =>
      `${d.missing} of the ${d.of} data files of ${d.table} v${d.version} are gone, ${d.example} among them.`,
    hint: () =>
      'A VACUUM has most likely removed them. Restore them from a backup, or use a later version.',
    delta: 'FAILED_READ_FILE.FILE_NOT_EXIST',
  },
  FILE_CHANGED: {
    message: (d: { table: string; file: string; bytes: number; expected: number }) =>
      `${d.file} of ${d.table} is not the file that was committed: it has ${d.bytes} bytes, the log says ${d.expected}.`,
    hint: () => 'Restore the file from a backup; its rows are not those that were committed.',
  },
  FILE_DAMAGED: {
    message: (d: { table: string; problem: string }) =>
      `A data file of ${d.table} can't be read: ${d.problem}`,
    hint: () => 'Restore the file from a backup.',
    delta: 'FAILED_READ_FILE',
  },
  ROWS_MISCOUNTED: {
    message: (d: { table: string; version: number; rows: number; expected: number }) =>
      `${d.rows} rows came out of ${d.table} v${d.version}, but its log says ${d.expected}. Nothing was kept.`,
    hint: () =>
      'The data files or the statistics in the log are not what was committed. Compare with a backup, and report it if both are sound.',
  },
  COLUMN_UNKNOWN: {
    message: (d: { table: string; column: string; closest?: string | undefined }) =>
      `${d.table} has no column ${d.column} at that version.`,
    hint: (d: { closest?: string | undefined }) =>
      d.closest === undefined
        ? "'asof show' lists the columns of a version."
        : `Did you mean ${d.closest}?`,
    delta: 'DELTA_COLUMN_NOT_FOUND',
  },
  FILTER_INVALID: {
    message: (d: { filter: string; problem: string }) =>
      `The filter '${d.filter}' can't be used: ${d.problem}`,
    hint: () =>
      'Write one SQL condition over the columns of the table, without subqueries and without functions whose answer changes from call to call.',
  },
  GUARD_UNSUPPORTED: {
    message: (d: { table: string }) =>
      `What a VACUUM of ${d.table} would delete can't be told: its engine does not show the log and the files themselves.`,
    hint: () => 'Give the location of the table, where it can be reached.',
  },
  RETENTION_UNCLEAR: {
    message: (d: { table: string; value: string }) =>
      `How long VACUUM spares removed files of ${d.table} can't be told: delta.deletedFileRetentionDuration is '${d.value}'.`,
    hint: () => "Set it to an interval of fixed length, as 'interval 7 days'.",
  },
  PIN_UNSTABLE: {
    message: (d: { tables: readonly string[]; tries: number }) =>
      `No instant was found at which all tables stood still: ${d.tables.join(', ')} moved in each of ${d.tries} tries.`,
    hint: () => "Pin again when fewer writers are busy, or give each table's version with '@v'.",
  },

  // A table behind a SQL warehouse
  TABLE_NOT_IN_WAREHOUSE: {
    message: (d: { table: string; host: string; problem: string }) =>
      `${d.host} has no table ${d.table}: ${d.problem}`,
    hint: () =>
      "Write the name as catalog.schema.table, or map it in asof.yaml under 'tables:'. Who may not see a table is told the same.",
    delta: 'TABLE_OR_VIEW_NOT_FOUND',
  },
  VERSION_REFUSED: {
    message: (d: { table: string; version: number; retention: string }) =>
      `The warehouse refuses to read ${d.table} v${d.version}: it is older than delta.deletedFileRetentionDuration (${d.retention}), though its files may all be there.`,
    hint: (d: { table: string }) =>
      `Raise the property: ALTER TABLE ${d.table} SET TBLPROPERTIES ('delta.deletedFileRetentionDuration' = 'interval 365 days'). Or read it from where the table lies: map it in asof.yaml and set ASOF_ENGINE=log.`,
    delta: 'DELTA_UNSUPPORTED_TIME_TRAVEL_BEYOND_DELETED_FILE_RETENTION_DURATION',
  },
  FILES_LOST: {
    message: (d: { table: string; version: number; file: string }) =>
      `Data files of ${d.table} v${d.version} are gone, ${d.file} among them.`,
    hint: () =>
      'A VACUUM has most likely removed them. Restore them from a backup, or use a later version.',
    delta: 'FAILED_READ_FILE.FILE_NOT_EXIST',
  },
  FILES_UNKNOWN: {
    message: (d: { table: string }) =>
      `Which files make up a version of ${d.table} is not known: it is read through a warehouse, which does not tell.`,
    hint: () =>
      "Map the table's location in asof.yaml under 'tables:', so that asof can read its log.",
  },
  PERMISSION_MISSING: {
    message: (d: { table: string; host: string; problem: string }) =>
      `${d.host} does not allow that with ${d.table}: ${d.problem}`,
    hint: () =>
      'Ask for SELECT on the table, USE on its schema and catalog, and CREATE TABLE where a copy is to go.',
  },
  TARGET_EXISTS: {
    message: (d: { target: string }) => `There is a table ${d.target} already.`,
    hint: () => 'Choose another name, or drop that one yourself; asof never writes over a table.',
    delta: 'DELTA_TABLE_ALREADY_EXISTS',
  },
  COPY_UNSUPPORTED: {
    message: (d: { table: string; problem: string }) =>
      `${d.table} can't be copied like that: ${d.problem}.`,
    hint: (d: { instead: string }) => d.instead,
  },
  ENGINES_DISAGREE: {
    message: (d: {
      table: string;
      what: string;
      location: string;
      log: string;
      host: string;
      warehouse: string;
    }) =>
      `The two ways to ${d.table} lead to different tables: ${d.what} is ${d.log} in the log at ${d.location}, and ${d.warehouse} says ${d.host}.`,
    hint: () =>
      'Correct the location in asof.yaml, or decide for one way with ASOF_ENGINE=log or ASOF_ENGINE=warehouse.',
  },
  DATABRICKS_UNCONFIGURED: {
    message: (d: { problem: string }) => `Databricks is not wholly configured: ${d.problem}.`,
    hint: () =>
      'Set DATABRICKS_HOST and DATABRICKS_TOKEN, or DATABRICKS_CONFIG_PROFILE; for a SQL warehouse also DATABRICKS_WAREHOUSE_ID or DATABRICKS_HTTP_PATH.',
  },
  WAREHOUSE_NOT_FOUND: {
    message: (d: { host: string; path: string }) => `${d.host} has no SQL warehouse at ${d.path}.`,
    hint: () =>
      'Copy the HTTP path from the connection details of the warehouse into DATABRICKS_HTTP_PATH, or its id into DATABRICKS_WAREHOUSE_ID.',
  },
  WAREHOUSE_NOT_STARTED: {
    message: (d: { host: string; minutes: number }) =>
      `The warehouse at ${d.host} has not started within ${d.minutes} minutes.`,
    hint: () => 'Look at its state on the page of SQL warehouses, and try again when it runs.',
  },
  WAREHOUSE_UNREACHABLE: {
    message: (d: { host: string; problem: string }) => `${d.host} can't be reached: ${d.problem}.`,
    hint: () =>
      'Check DATABRICKS_HOST; for a gateway with a certificate of its own, set DATABRICKS_CA_FILE to its PEM file. Then try again: nothing half-written was left.',
  },
  WAREHOUSE_LOGIN_REFUSED: {
    message: (d: { host: string; using: string; problem: string }) =>
      `${d.host} refused the login (${d.problem}; asof used ${d.using}).`,
    hint: () =>
      'Set a valid DATABRICKS_TOKEN, or DATABRICKS_CLIENT_ID and DATABRICKS_CLIENT_SECRET, of somebody who may use the warehouse.',
  },
  WAREHOUSE_REFUSED: {
    message: (d: { table: string; host: string; problem: string }) =>
      `${d.host} refused a statement about ${d.table}: ${d.problem}`,
    hint: () => "The reason is the warehouse's own; its query history shows the statement.",
  },

  // What is written
  OUTPUT_NOT_EMPTY: {
    message: (d: { path: string }) => `${d.path} is not empty.`,
    hint: () =>
      'Choose another folder, or replace what asof itself wrote there earlier with --force.',
  },
  OUTPUT_NOT_OURS: {
    message: (d: { path: string; foreign: string }) =>
      `${d.path} holds what asof did not write (${d.foreign}), so --force does not replace it.`,
    hint: () => 'Choose another folder, or empty that one yourself.',
  },
  OUTPUT_UNUSABLE: {
    message: (d: { path: string; problem: string }) =>
      `No folder can be made at ${d.path}: ${d.problem}.`,
    hint: () => 'Choose another folder.',
  },
  DISK_FULL: {
    message: (d: { path: string }) => `No space is left on the disk of ${d.path}.`,
    hint: () =>
      'Free some space or write elsewhere; what was half-written has been removed. --temp-dir moves the spill files.',
  },
  MEMORY_EXHAUSTED: {
    message: (d: { limit: string }) => `The work does not fit in ${d.limit} of memory.`,
    hint: () => 'Give more with --memory-limit, or fewer columns with --columns.',
  },

  // Runs and models
  MODEL_REF_INVALID: {
    message: (d: { text: string; problem: string }) =>
      `'${d.text}' is not a model reference: ${d.problem}.`,
    hint: () =>
      'Write models:/NAME/VERSION, models:/NAME/STAGE, models:/NAME@ALIAS, models:/m-ID, runs:/RUN_ID, or NAME for every version.',
  },
  MODEL_NOT_FOUND: {
    message: (d: { name: string; registry: string; closest?: string | undefined }) =>
      `There is no registered model ${d.name} in ${d.registry}.`,
    hint: (d: { closest?: string | undefined }) =>
      d.closest === undefined ? "'asof models' lists what is there." : `Did you mean ${d.closest}?`,
  },
  MODEL_VERSION_NOT_FOUND: {
    message: (d: { name: string; version: number; latest?: number | undefined }) =>
      d.latest === undefined
        ? `${d.name} has no version ${d.version}: it has none at all.`
        : `${d.name} has no version ${d.version}: its latest is ${d.latest}.`,
    hint: (d: { name: string }) => `'asof models ${d.name}' lists its versions.`,
  },
  STAGE_UNKNOWN: {
    message: (d: { stage: string; closest?: string | undefined }) =>
      `'${d.stage}' is neither a version nor a stage.`,
    hint: (d: { stage: string; closest?: string | undefined }) =>
      `${d.closest === undefined ? '' : `Did you mean ${d.closest}? `}Stages are Staging, Production, Archived and None; an alias is written with an @, as in models:/NAME@${d.stage}.`,
  },
  STAGE_EMPTY: {
    message: (d: { name: string; stage: string; stages: string }) =>
      `No version of ${d.name} is in ${d.stage}; ${d.stages}.`,
    hint: (d: { name: string }) => `'asof models ${d.name}' lists its versions.`,
  },
  ALIAS_NOT_FOUND: {
    message: (d: { name: string; alias: string; closest?: string | undefined }) =>
      `${d.name} has no alias ${d.alias}.`,
    hint: (d: { name: string; closest?: string | undefined }) =>
      d.closest === undefined
        ? `'asof models ${d.name}' lists its versions and aliases.`
        : `Did you mean ${d.closest}?`,
  },
  MODEL_AMBIGUOUS: {
    message: (d: { ref: string; versions: readonly number[] }) =>
      `${d.ref} stands for ${d.versions.length} model versions: ${d.versions.join(', ')}.`,
    hint: () => 'Name one of them, as models:/NAME/VERSION.',
  },
  RUN_NOT_FOUND: {
    message: (d: { runId: string; registry: string; closest?: string | undefined }) =>
      `There is no run ${d.runId} in ${d.registry}.`,
    hint: (d: { closest?: string | undefined }) =>
      d.closest === undefined
        ? 'Check the id; a deleted run must be restored first.'
        : `Did you mean ${d.closest}?`,
  },
  LOGGED_MODEL_NOT_FOUND: {
    message: (d: { modelId: string; registry: string }) =>
      `There is no logged model ${d.modelId} in ${d.registry}.`,
    hint: () => 'Check the id, as the MLflow UI shows it; it starts with m-.',
  },
  STAGE_UNSUPPORTED: {
    message: (d: { registry: string }) => `${d.registry} has no stages.`,
    hint: () => 'Use an alias.',
  },
  RUN_ALREADY_STAMPED: {
    message: (d: { runId: string; what: string; stored: string; wanted: string }) =>
      `Run ${d.runId} is stamped otherwise: ${d.what} is ${d.stored}, not ${d.wanted}. Nothing was written.`,
    hint: () => 'A stamp is for good. Start a new run for other data.',
  },
  STAMP_NOT_STORED: {
    message: (d: { runId: string; what: string; problem: string }) =>
      `The server accepted the stamp of run ${d.runId} but did not store it: ${d.what} ${d.problem}.`,
    hint: () =>
      'Something else in that experiment has the same name and digest. Stamp in another experiment, and tell us.',
  },
  VALUE_TOO_LONG: {
    message: (d: { what: string; length: number; longest: number; store: string }) =>
      `The value of ${d.what} has ${d.length} characters, and ${d.store} keeps ${d.longest}: it would drop the rest without a word.`,
    hint: () => 'Shorten it, or put it into an artifact of the run.',
  },
  STAMP_INVALID: {
    message: (d: { runId: string; problem: string }) =>
      `The stamp on run ${d.runId} can't be read: ${d.problem}`,
    hint: () => 'Somebody edited it, or a newer asof wrote it. asof does not guess.',
  },
  STAMP_TOO_LARGE: {
    message: (d: { alias: string; characters: number }) =>
      `The stamp of ${d.alias} is too large for a tag: ${d.characters} characters.`,
    hint: () => 'Read fewer named columns, or all of them, or shorten the filter.',
  },
  STAMP_MISSING: {
    message: (d: { ref: string }) => `${d.ref} carries no record of the data that trained it.`,
    hint: () =>
      "Stamp future trainings with 'asof run' or 'asof stamp'. If you know the version, give the table yourself: asof rehydrate TABLE@vN.",
  },
  MODEL_WITHOUT_RUN: {
    message: (d: { ref: string }) =>
      `${d.ref} does not say which run made it, so nothing is known of its data.`,
    hint: () => 'Name the run, as runs:/RUN_ID, or the table, as TABLE@vN.',
  },
  LINK_UNCERTAIN: {
    message: (d: { ref: string; table: string; certainty: string; why: string }) =>
      `Which version of ${d.table} trained ${d.ref} is ${d.certainty}: ${d.why}.`,
    hint: (d: { certainty: string }) =>
      `'asof trace' shows every record found. Decide, then give the version yourself: asof rehydrate TABLE@vN${d.certainty === 'inferred' ? '; --accept-inferred takes the one inferred' : ''}.`,
  },
  TABLE_ALIAS_UNKNOWN: {
    message: (d: { ref: string; alias: string; aliases: readonly string[] }) =>
      `${d.ref} was not trained on a table called ${d.alias}; it has ${d.aliases.join(', ')}.`,
    hint: () => 'Name one of them with --table, or leave --table out for all.',
  },
  TABLE_REPLACED: {
    message: (d: { ref: string; stamped: string; found: string }) =>
      `${d.ref} is another table now: it was stamped with id ${d.stamped}, and the one there today has id ${d.found}.`,
    hint: () =>
      'It was dropped and made again, or the name or location points elsewhere. Restore the table that had the stamped id.',
  },
  DIGEST_DIFFERS: {
    message: (d: { table: string; version: number; stamped: string; found: string }) =>
      `${d.table} v${d.version} is not what was stamped: snapshot digest ${d.found} instead of ${d.stamped}.`,
    hint: () => 'Its log was rewritten after the training. Restore the log from a backup.',
  },
  NAME_INVALID: {
    message: (d: { what: string; name: string; problem: string }) =>
      `'${d.name}' can't be ${d.what}: ${d.problem}.`,
    hint: () => 'Choose another name.',
  },

  // Servers
  TRACKING_URI_UNSUPPORTED: {
    message: (d: { uri: string; problem: string }) =>
      `asof can't use the MLflow tracking URI ${d.uri}: ${d.problem}.`,
    hint: (d: { instead: string }) => d.instead,
  },
  SERVER_UNREACHABLE: {
    message: (d: { url: string; problem: string }) => `${d.url} can't be reached: ${d.problem}.`,
    hint: () => 'Check that the server runs and that the address is right.',
  },
  SERVER_TIMEOUT: {
    message: (d: { url: string; seconds: number }) =>
      `${d.url} did not answer within ${d.seconds} s.`,
    hint: () => 'Try again, or give it longer with MLFLOW_HTTP_REQUEST_TIMEOUT (seconds).',
  },
  LOGIN_REFUSED: {
    message: (d: { url: string; status: number; using: string; problem?: string | undefined }) =>
      `${d.url} refused the login (HTTP ${d.status}; asof used ${d.using})${d.problem === undefined ? '.' : `: ${d.problem}`}`,
    hint: () =>
      'Set MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, or MLFLOW_TRACKING_TOKEN.',
  },
  SERVER_REFUSED: {
    message: (d: { source: string; status: number; problem: string }) =>
      `${d.source} was refused (HTTP ${d.status}): ${d.problem}`,
    hint: () => "The reason is the server's own; its log may say more.",
  },
  UNEXPECTED_RESPONSE: {
    message: (d: { source: string; problem: string }) =>
      `${d.source} answered in a shape asof does not know.\n${d.problem}`,
    hint: () => 'Check that the address is the one you meant, and what answers there.',
  },

  // The ledger and the settings
  LEDGER_MISSING: {
    message: (d: { path: string }) =>
      `There is no ledger at ${d.path}, so nothing is known of any model.`,
    hint: () =>
      'Say where it is (ASOF_LEDGER, or ledger in asof.yaml), or which MLflow server is meant (MLFLOW_TRACKING_URI).',
  },
  LEDGER_BUSY: {
    message: (d: { path: string }) => `Another process has held the ledger ${d.path} for too long.`,
    hint: () => 'Try again when it is done.',
  },
  LEDGER_UNUSABLE: {
    message: (d: { path: string; problem: string }) =>
      `The ledger ${d.path} can't be used: ${d.problem}.`,
    hint: () => 'Restore it from a backup (a copy of the file), or configure another path.',
  },
  JOURNAL_INVALID: {
    message: (d: { source: string; problem: string }) =>
      `${d.source} is no journal of asof as it was written: ${d.problem}.`,
    hint: () => 'Take another copy. Nothing was taken over from this one.',
  },
  JOURNAL_DIVERGES: {
    message: (d: { path: string; source: string; seq: number }) =>
      `${d.source} is another journal than that of the ledger ${d.path}: they differ from entry ${d.seq} on.`,
    hint: () =>
      'One of the two was rewritten, or both went on alone from there. Import it into a ledger of its own.',
  },
  HOLD_NOT_FOUND: {
    message: (d: { text: string; count: number }) =>
      d.count === 0 ? `There is no hold ${d.text}.` : `${d.count} holds begin with ${d.text}.`,
    hint: () => "'asof holds' lists them.",
  },
  SYNC_MISSING: {
    message: (d: { registry: string }) => `The ledger holds no copy of ${d.registry} yet.`,
    hint: () => "'asof sync' makes one; call it again and again to follow what changes.",
  },
  NOT_KEPT: {
    message: (d: { what: string; registry: string; problem: string | undefined }) =>
      `${d.registry}, does not hold ${d.what}: ${d.problem ?? "'asof sync --full' looks at them"}.`,
    hint: () => "Ask without '--offline'.",
  },
  PAST_UNKNOWN: {
    message: (d: { what: string; moment: string; problem: string }) =>
      `What ${d.what} was on ${d.moment} is not known: ${d.problem}.`,
    hint: () =>
      "MLflow keeps no history of stages and aliases. 'asof sync', called regularly, keeps one from then on.",
  },
  CONFIG_INVALID: {
    message: (d: { path: string; problem: string }) => `${d.path} is not valid.\n${d.problem}`,
    hint: () =>
      "Correct it there; 'asof config' then shows the settings, and where each comes from.",
  },
  FILE_UNREADABLE: {
    message: (d: { path: string; problem: string }) => `${d.path} can't be read: ${d.problem}.`,
    hint: () => 'Check the path and what the file holds.',
  },
  COMMAND_NOT_STARTED: {
    message: (d: { command: string; problem: string }) =>
      `'${d.command}' could not be started: ${d.problem}.`,
    hint: () => "Check the command behind '--'.",
  },
  OPTION_INVALID: {
    message: (d: { option: string; problem: string }) => `${d.option}: ${d.problem}.`,
    hint: () => "'--help' behind the command shows how it is written.",
  },
} as const;

type Catalogue = typeof catalogue;
export type ErrorCode = keyof Catalogue;
export type ErrorDetails<C extends ErrorCode> = Parameters<Catalogue[C]['message']>[0] &
  (Parameters<Catalogue[C]['hint']> extends [infer H] ? H : unknown);

interface Entry<D> {
  message(details: D): string;
  hint(details: D): string;
  readonly delta?: string;
}

const brand = Symbol.for('asof.error');

/** The only error this library throws on purpose. Anything else is a bug in it. */
export class LineageError<C extends ErrorCode = ErrorCode> extends Error {
  override readonly name = 'LineageError';
  readonly [brand] = true;
  readonly code: C;
  /** The facts in the message, so that a caller never parses it. */
  readonly details: ErrorDetails<C>;
  /** What the reader can do next. */
  readonly hint: string;
  /** The error class that Spark with Delta Lake gives for the same failure. */
  readonly deltaClass: string | undefined;

  constructor(code: C, details: ErrorDetails<C>, options?: ErrorOptions) {
    // The catalogue is checked entry by entry where it stands; here it is looked up by a generic code.
    const entry = catalogue[code] as unknown as Entry<ErrorDetails<C>>;
    super(entry.message(details), options);
    this.code = code;
    this.details = details;
    this.hint = entry.hint(details);
    this.deltaClass = entry.delta;
  }
}

/** Works across two copies of this package, where `instanceof` does not. */
export function isLineageError<C extends ErrorCode = ErrorCode>(
  error: unknown,
  code?: C,
): error is LineageError<C> {
  if (!(error instanceof Error && brand in error)) return false;
  return code === undefined || (error as LineageError).code === code;
}

export const errorCodes = Object.keys(catalogue) as readonly ErrorCode[];
