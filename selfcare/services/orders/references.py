"""Orders' references: one number after the other, per customer and month (ORDERS-2)."""

from __future__ import annotations

from datetime import date

from sqlalchemy import update

from selfcare.database import db, insert_unless_there
from selfcare.models import Customer, OrderCounter


def next_reference(customer: Customer, on: date) -> str:
    """`HONEY1655-1710-008`: the next number of the customer's month.

    The counter row stays locked until the caller's transaction ends, and goes back with it: no
    gap and no double, whoever orders at the same time.

    Args:
        on: the day of the order where the customers are.
    """
    month = f"{on:%y%m}"
    # A row that is there is locked by the update, one that is not by the insert.
    insert_unless_there(OrderCounter, customer_id=customer.id, month=month, last=0)
    last = db.session.execute(
        update(OrderCounter)
        .where(OrderCounter.customer_id == customer.id, OrderCounter.month == month)
        .values(last=OrderCounter.last + 1)
        .returning(OrderCounter.last)
    ).scalar_one()
    return f"{customer.code}-{month}-{last:03}"
