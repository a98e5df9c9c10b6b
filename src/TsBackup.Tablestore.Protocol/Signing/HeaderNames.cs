namespace TsBackup.Tablestore.Protocol.Signing;

#pragma warning disable CS1591 // The names are the protocol's own.

/// <summary>Names of headers, lower case as they are signed.</summary>
internal static class HeaderNames
{
    public const string Prefix = "x-ots-";
    public const string Date = "x-ots-date";
    public const string ApiVersion = "x-ots-apiversion";
    public const string AccessKeyId = "x-ots-accesskeyid";
    public const string InstanceName = "x-ots-instancename";
    public const string ContentMd5 = "x-ots-contentmd5";
    public const string ContentType = "x-ots-contenttype";
    public const string SecurityToken = "x-ots-ststoken";
    public const string Signature = "x-ots-signature";
    public const string RequestId = "x-ots-requestid";
    public const string RequestCompressType = "x-ots-request-compress-type";
    public const string RequestCompressSize = "x-ots-request-compress-size";
    public const string ResponseCompressType = "x-ots-response-compress-type";
    public const string ResponseCompressSize = "x-ots-response-compress-size";
    public const string Authorization = "authorization";
}
