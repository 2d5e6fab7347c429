import { ProviderFault, type ProviderReason } from "./failure.ts";

/** AWS's names of errors. */
const BY_NAME: Readonly<Record<string, ProviderReason>> = {
  AccessDeniedException: "access_denied",
  AccessDenied: "access_denied",
  UnauthorizedOperation: "access_denied",
  UnrecognizedClientException: "access_denied",
  InvalidClientTokenId: "access_denied",
  InvalidSignatureException: "access_denied",
  IncompleteSignature: "access_denied",
  MissingAuthenticationToken: "access_denied",
  MissingAuthenticationTokenException: "access_denied",
  SignatureDoesNotMatch: "access_denied",
  ExpiredToken: "access_denied",
  ExpiredTokenException: "access_denied",
  RequestExpired: "access_denied",
  OptInRequired: "access_denied",
  CredentialsProviderError: "access_denied",
  TokenProviderError: "access_denied",
  DecryptionFailure: "access_denied",
  EncryptionFailure: "access_denied",
  ThrottlingException: "throttled",
  Throttling: "throttled",
  TooManyRequestsException: "throttled",
  RequestLimitExceeded: "throttled",
  ResourceNotFoundException: "not_found",
  ResourceExistsException: "conflict",
  InvalidRequestException: "invalid_request",
  InvalidParameterException: "invalid_request",
  InvalidNextTokenException: "invalid_request",
  ValidationException: "invalid_request",
  ValidationError: "invalid_request",
  LimitExceededException: "invalid_request",
  PreconditionNotMetException: "invalid_request",
  ServiceUnavailable: "provider_unavailable",
  ServiceUnavailableException: "provider_unavailable",
  TimeoutError: "provider_unavailable",
  AbortError: "provider_unavailable",
};

const CONNECTION_CODES = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "ECONNABORTED",
  "EPIPE",
  "ENOTFOUND",
  "EAI_AGAIN",
  "ETIMEDOUT",
  "EHOSTUNREACH",
  "ENETUNREACH",
]);

/** Refused before it was sent: nothing can have been done. */
const NEVER_SENT = new Set(["CredentialsProviderError", "TokenProviderError"]);

/** Classifies what the client threw by its name and status alone. Nothing of its text is kept. */
export function awsFault(error: unknown): ProviderFault {
  if (error instanceof ProviderFault) return error;
  const name = textField(error, "name") ?? "";
  const status = statusOf(error);
  const reason = BY_NAME[name] ?? byConnection(error) ?? byStatus(status) ?? "provider_error";
  // A 4xx is AWS's word that it did nothing; everything else may have been done before the answer was lost.
  const refused = status !== null && status >= 400 && status < 500;
  return new ProviderFault(reason, !refused && !NEVER_SENT.has(name));
}

function byConnection(error: unknown): ProviderReason | null {
  const code = textField(error, "code") ?? textField(field(error, "cause"), "code");
  return code !== null && CONNECTION_CODES.has(code) ? "provider_unavailable" : null;
}

function byStatus(status: number | null): ProviderReason | null {
  if (status === 401 || status === 403) return "access_denied";
  if (status === 429) return "throttled";
  if (status === 503 || status === 504) return "provider_unavailable";
  return status !== null && status >= 400 && status < 500 ? "invalid_request" : null;
}

function statusOf(error: unknown): number | null {
  const status = field(field(error, "$metadata"), "httpStatusCode");
  return typeof status === "number" ? status : null;
}

function textField(value: unknown, name: string): string | null {
  const found = field(value, name);
  return typeof found === "string" ? found : null;
}

function field(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null && name in value ? Reflect.get(value, name) : undefined;
}
