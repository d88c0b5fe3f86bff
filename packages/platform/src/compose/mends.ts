/** Ways out of the composition errors that people meet most, by Apollo's code. */
const mends: Readonly<Record<string, string>> = Object.freeze({
  INVALID_GRAPHQL:
    'Mend the schema at this place: a name is misspelt, missing or defined twice, or its @link import is missing.',
  NO_QUERIES: 'Give at least one subgraph a `type Query` with a field.',
  SATISFIABILITY_ERROR:
    'Give the type a @key that both subgraphs share (and a resolvable one where the field lives), or mark the field @shareable and resolve it in each subgraph that can be reached.',
  INVALID_FIELD_SHARING:
    'Mark the field @shareable in every subgraph that resolves it (when they always agree), or remove it from all but one; @override(from:) moves it.',
  FIELD_TYPE_MISMATCH: 'Give the field the same type in each subgraph (null and non-null may differ).',
  FIELD_ARGUMENT_TYPE_MISMATCH: 'Give the argument the same type in each subgraph.',
  FIELD_ARGUMENT_DEFAULT_MISMATCH: 'Give the argument the same default in each subgraph.',
  INPUT_FIELD_DEFAULT_MISMATCH: 'Give the input field the same default in each subgraph.',
  TYPE_KIND_MISMATCH: 'Make the type of one kind in all subgraphs, or rename one of them.',
  ENUM_VALUE_MISMATCH: 'Give the enum the same values in each subgraph: it is used for input and for output.',
  EMPTY_MERGED_ENUM_TYPE: 'Let the subgraphs share at least one value of this enum.',
  EMPTY_MERGED_INPUT_TYPE: 'Let the subgraphs share at least one field of this input type.',
  KEY_INVALID_FIELDS:
    'Name in @key(fields:) only fields that this type has here; correct the spelling, or add the field.',
  KEY_FIELDS_SELECT_INVALID_TYPE: 'A key may not select lists, interfaces or unions: choose another field.',
  KEY_INVALID_FIELDS_TYPE: 'Write the fields of the key as a string: @key(fields: "id").',
  REQUIRES_INVALID_FIELDS:
    'Name in @requires(fields:) only fields of this type that are marked @external here.',
  REQUIRES_FIELDS_MISSING_EXTERNAL: 'Mark the required field @external in this subgraph.',
  PROVIDES_INVALID_FIELDS: 'Name in @provides(fields:) only fields of the type that the field returns.',
  PROVIDES_FIELDS_MISSING_EXTERNAL: 'Mark the provided field @external in this subgraph.',
  PROVIDES_ON_NON_OBJECT_FIELD: 'Use @provides only on a field that returns an object type.',
  EXTERNAL_UNUSED: 'Remove the field, or use it in a @key, @requires or @provides.',
  EXTERNAL_MISSING_ON_BASE:
    'Define the field without @external in the subgraph that owns it, or remove @external here. Is that subgraph in supergraph.yaml (and in `--only`)?',
  EXTERNAL_TYPE_MISMATCH: 'Give the external field the type that its owner gives it.',
  EXTERNAL_ARGUMENT_MISSING: 'Give the external field the arguments that its owner gives it.',
  TYPE_WITH_ONLY_UNUSED_EXTERNAL: 'Remove the type from this subgraph, or add a field that it resolves.',
  EXTENSION_WITH_NO_BASE: 'Define the type in one subgraph without `extend`, or drop `extend` here.',
  REQUIRED_ARGUMENT_MISSING_IN_SOME_SUBGRAPH:
    'Add the argument in the other subgraphs, or make it nullable or give it a default.',
  REQUIRED_INPUT_FIELD_MISSING_IN_SOME_SUBGRAPH:
    'Add the field in the other subgraphs, or make it nullable or give it a default.',
  INTERFACE_FIELD_NO_IMPLEM:
    'Give every type that implements the interface this field, in a subgraph that can be reached.',
  INTERFACE_KEY_NOT_ON_IMPLEMENTATION: 'Give every type that implements the interface the same @key.',
  INTERFACE_KEY_MISSING_IMPLEMENTATION_TYPE:
    'Let this subgraph define every type that implements the interface.',
  INTERFACE_OBJECT_USAGE_ERROR:
    'Use @interfaceObject on a type whose interface, with the same @key, is in another subgraph.',
  INVALID_SHAREABLE_USAGE: 'Put @shareable on fields of object types only.',
  OVERRIDE_FROM_SELF_ERROR: 'Name in @override(from:) the subgraph that the field comes from, not this one.',
  OVERRIDE_SOURCE_HAS_OVERRIDE: 'Let one subgraph alone override the field.',
  REFERENCED_INACCESSIBLE: 'Mark what refers to the hidden element @inaccessible too, or show the element.',
  REQUIRED_INACCESSIBLE: 'Make the hidden element optional, or show it.',
  ONLY_INACCESSIBLE_CHILDREN: 'Hide the whole type, or show one of its parts.',
  INVALID_SUBGRAPH_NAME: 'Choose another name in supergraph.yaml: letters, digits, `-` and `_`.',
  UNKNOWN_FEDERATION_LINK_VERSION: 'Link a version up to https://specs.apollo.dev/federation/v2.14.',
  UNKNOWN_LINK_VERSION: 'Link a version of this specification that is supported.',
  INVALID_LINK_DIRECTIVE_USAGE:
    'Mend @link: `url` must be the URL of a specification, `import` a list of its names.',
  INVALID_LINK_IDENTIFIER:
    'Mend the URL of @link: https://specs.apollo.dev/federation/v2.9 has the right shape.',
  DIRECTIVE_DEFINITION_INVALID:
    'Remove this definition and import the directive by @link, or define it as the specification does.',
  TYPE_DEFINITION_INVALID: 'Remove this definition: federation brings the type.',
  LIST_SIZE_INVALID_SLICING_ARGUMENT:
    'Name in slicingArguments only arguments of this field that are integers.',
  LIST_SIZE_INVALID_SIZED_FIELD: 'Name in sizedFields only list fields of the type that this field returns.',
  LIST_SIZE_APPLIED_TO_NON_LIST: 'Put @listSize on a list, or name the lists below it in sizedFields.',
  MAX_VALIDATION_SUBGRAPH_PATHS_EXCEEDED:
    'Share fewer fields between subgraphs: there are too many ways to resolve them.',
})

/** The way out of a composition error; for a code without one of its own, where its meaning is explained. */
export const mendOf = (code: string): string =>
  mends[code] ??
  `Change the schema at the place named; ${code} is explained at https://www.apollographql.com/docs/graphos/reference/federation/errors`
