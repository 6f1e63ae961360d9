package io.scanstream.contracts;

/**
 * Stable names for what can go wrong. A retryable code is somebody else's outage: the caller waits and tries again, and
 * nothing is counted against the work. Every other code is final for the work it is about.
 */
public enum ErrorCode {
    /** The bytes are not an image of a supported format, or are cut short or corrupt. */
    NOT_AN_IMAGE(false),
    /** An image, but of a kind that is refused: a format, bit depth or colour space outside the supported ones. */
    UNSUPPORTED_IMAGE(false),
    /** The image, archive or request is larger than the limit that the message names. */
    TOO_LARGE(false),
    /** A request, message or recipe that does not say what it must. */
    INVALID_REQUEST(false),
    /** A recipe with mistakes; the message lists each with its path. */
    INVALID_RECIPE(false),
    /** The data set holds nothing that the work could use, or contradicts what it was asked for. */
    INVALID_DATASET(false),
    UNKNOWN_DATASET(false),
    /** The data set's upload has not been read to its end. */
    DATASET_NOT_READY(true),
    UNKNOWN_RECIPE(false),
    UNKNOWN_JOB(false),
    UNKNOWN_SCAN(false),
    /** Nothing of the subject is known, or no such exclusion. */
    UNKNOWN_SUBJECT(false),
    /** The object that a scan was announced with has been overwritten; what is there now is a scan of its own. */
    SUPERSEDED(false),
    /** A scan that is older than what is remembered. */
    SCAN_FORGOTTEN(false),
    /** A model, version or alias that the object store does not have. */
    UNKNOWN_MODEL(false),
    /** A model whose scans are not split: all of them go to its champion. */
    UNKNOWN_TRAFFIC(false),
    /** Pretrained weights that are not where recipes' weights are looked for. */
    UNKNOWN_WEIGHTS(false),
    /** The scan's deadline passed before it could be scored. */
    DEADLINE_EXPIRED(false),
    /** The job has ended and cannot be changed any more. */
    ALREADY_ENDED(false),
    /** It cannot be deleted while something needs it. */
    IN_USE(false),
    /** The work was cancelled by somebody. */
    CANCELLED(false),
    /** The same step ended three processes: it is set aside. */
    POISON(false),
    /** The promotion gate has refused the version, and nobody has said to promote it all the same. */
    GATE_REFUSED(false),
    /** The version was withdrawn: it must not be used any more. */
    MODEL_WITHDRAWN(false),
    /** A package that is damaged, changed, or does not reproduce its golden scores. */
    MODEL_NOT_VERIFIED(false),
    /** Training produced a network that cannot be used (not finite, or not the exported one). */
    TRAINING_DIVERGED(false),
    /** Someone else changed the same thing first. */
    CONFLICT(true),
    /** The version is published but not loaded here yet. */
    MODEL_LOADING(true),
    /** The object store does not answer. */
    STORE_UNAVAILABLE(true),
    /** Kafka does not answer. */
    BROKER_UNAVAILABLE(true),
    /** A disk has no room left; the work waits until somebody makes some. */
    DISK_FULL(true),
    /** The inference service does not answer, or nobody said where it is. */
    INFERENCE_UNAVAILABLE(true),
    /** The service has all the work that it can hold. */
    OVERLOADED(true),
    /** Who asks is not known: no API key and no token, or one that is not valid. */
    UNAUTHENTICATED(false),
    /** Who asks is known, and may not. */
    FORBIDDEN(false),
    /** More requests than one caller may send in a time. */
    RATE_LIMITED(true),
    /** A defect of ours. */
    INTERNAL(false);

    private final boolean retryable;

    ErrorCode(boolean retryable) {
        this.retryable = retryable;
    }

    public boolean retryable() {
        return retryable;
    }
}
