"""Where things stand in an invoice's XML (UN/CEFACT CII), as XPath."""

from __future__ import annotations

DOCUMENT = "/rsm:CrossIndustryInvoice/rsm:ExchangedDocument"
TRADE = "/rsm:CrossIndustryInvoice/rsm:SupplyChainTradeTransaction"
AGREEMENT = f"{TRADE}/ram:ApplicableHeaderTradeAgreement"
SETTLEMENT = f"{TRADE}/ram:ApplicableHeaderTradeSettlement"
SUMS = f"{SETTLEMENT}/ram:SpecifiedTradeSettlementHeaderMonetarySummation"
LINES = (
    f"{TRADE}/ram:IncludedSupplyChainTradeLineItem"
    "[not(ram:AssociatedDocumentLineDocument/ram:LineStatusReasonCode)"
    " or ram:AssociatedDocumentLineDocument/ram:LineStatusReasonCode='DETAIL']"
)
"""Lines that count: EXTENDED also has subtotals and information among them."""
LINE_AMOUNT = (
    "ram:SpecifiedLineTradeSettlement"
    "/ram:SpecifiedTradeSettlementLineMonetarySummation/ram:LineTotalAmount"
)
_IS_ALLOWANCE = "ram:ChargeIndicator/udt:Indicator[.='false' or .='0']"
ALLOWANCES = f"{SETTLEMENT}/ram:SpecifiedTradeAllowanceCharge[{_IS_ALLOWANCE}]"
"""Amounts deducted from the whole document (BG-20)."""
CHARGES = (
    f"{SETTLEMENT}/*[self::ram:SpecifiedTradeAllowanceCharge[not({_IS_ALLOWANCE})]"
    " or self::ram:SpecifiedLogisticsServiceCharge]"
)
"""What is put on it (BG-21); EXTENDED has transport besides."""
ADJUSTED_BY = "ram:ActualAmount | ram:AppliedAmount"
